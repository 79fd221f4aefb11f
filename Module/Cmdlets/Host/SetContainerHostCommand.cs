using System.Collections;
using System.Management.Automation;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>
/// Changes what is set for this host: what dockerd takes as options. What is not given stays as it is; $null or an empty text gives a choice
/// back to the engine.
/// </summary>
[Cmdlet(VerbsCommon.Set, "ContainerHost", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerHost))]
public sealed partial class SetContainerHostCommand : ContainersCmdlet
{
    /// <summary>Writes the host as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>-s: overlay, btrfs or vfs for new containers; auto for what the host can.</summary>
    [Parameter, ArgumentCompleter(typeof(StorageDriverCompleter))]
    [AllowNull, AllowEmptyString]
    public string? StorageDriver { get; set; }

    /// <summary>Where the output of new containers goes.</summary>
    [Parameter, SingleValue]
    public ContainerLogDriver LogDriver { get; set; }

    /// <summary>Options of that driver: max-size, max-file, and of Journald tag.</summary>
    [Parameter, MapTransformation]
    [Alias("LogOpt")]
    [AllowNull]
    public IDictionary? LogOption { get; set; }

    private string? Driver => string.IsNullOrEmpty(StorageDriver) ? null : StorageDriver;

    protected override void ProcessRecord()
    {
        // Judged before anything is asked or shown, so that -WhatIf is also the question whether it would be accepted.
        List<string> foreseen = [];
        if (!TryRun(_ => Set(validateOnly: true))
            || !TryRun(_ => Engine.GetNetworkSettings(), out NetworkSettings? before)
            || !TryRun(_ => Engine.SetNetworkSettings(Change, validateOnly: true, foreseen), out NetworkSettings? after))
        {
            return;
        }

        string what = Describe(before, after);
        if (ShouldProcess(what, what + "?", "Confirm", out ShouldProcessReason reason))
        {
            if (TryRun(_ => Set(validateOnly: false))
                && TryRun(_ => Engine.SetNetworkSettings(Change, validateOnly: false, Warnings), out _)
                && PassThru
                && TryRun(_ => GetHostWithSettings(), out PSObject? host))
            {
                WriteObject(host);
            }
        }
        else if (reason == ShouldProcessReason.WhatIf)
        {
            foreseen.ForEach(WriteWarning);
        }
    }

    private void Set(bool validateOnly)
    {
        if (IsGiven(nameof(StorageDriver)))
        {
            Engine.SetStorageDriver(Driver, validateOnly);
        }

        if (IsGiven(nameof(LogDriver)) || IsGiven(nameof(LogOption)))
        {
            Engine.SetLogSettings(LogSettings(), validateOnly);
        }
    }

    private LogSettings LogSettings()
    {
        LogSettings now = Engine.GetLogSettings();
        return new LogSettings
        {
            Driver = IsGiven(nameof(LogDriver)) ? ContainerLogDrivers.Of(LogDriver) : now.Driver,
            Options = IsGiven(nameof(LogOption)) ? Map(LogOption) : now.Options,
        };
    }

    private string Describe(NetworkSettings before, NetworkSettings after)
    {
        List<string> changes = [];
        if (IsGiven(nameof(StorageDriver)))
        {
            changes.Add($"Set the storage driver of new containers to {Driver ?? "auto"}");
        }

        if (IsGiven(nameof(LogDriver)))
        {
            changes.Add($"Set the log driver of new containers to {LogDriver}");
        }

        if (IsGiven(nameof(LogOption)))
        {
            changes.Add("Set the log options of new containers");
        }

        if (before != after || changes.Count == 0)
        {
            changes.Add(DescribeNetworks(before, after));
        }

        return string.Join(". ", changes);
    }

    private static string DescribeNetworks(NetworkSettings before, NetworkSettings after)
    {
        string changes = string.Join(", ", NetworkDisplay.Differences(before, after)
            .Select(change => $"{change.Name} from {change.Before} to {change.After}"));
        return changes.Length == 0 ? "Keep the network settings as they are" : "Change the network settings: " + changes;
    }
}
