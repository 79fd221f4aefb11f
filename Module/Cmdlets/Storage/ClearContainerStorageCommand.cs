using System.Collections;
using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>
/// Removes what nothing uses: docker system prune. With -WhatIf it writes the very objects that would go, with their sizes, and does nothing.
/// </summary>
[Cmdlet(VerbsCommon.Clear, "ContainerStorage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ReclaimedItem))]
public sealed class ClearContainerStorageCommand : ContainersCmdlet
{
    /// <summary>Containers that do not run.</summary>
    [Parameter]
    public SwitchParameter Container { get; set; }

    /// <summary>Images without a name.</summary>
    [Parameter]
    [Alias("Dangling")]
    public SwitchParameter Image { get; set; }

    /// <summary>All images that no container uses.</summary>
    [Parameter]
    public SwitchParameter AllImages { get; set; }

    /// <summary>Networks that no container is on.</summary>
    [Parameter]
    public SwitchParameter Network { get; set; }

    /// <summary>Anonymous volumes that no container has.</summary>
    [Parameter]
    public SwitchParameter Volume { get; set; }

    /// <summary>All volumes that no container has, those with a name too.</summary>
    [Parameter]
    public SwitchParameter AllVolumes { get; set; }

    /// <summary>What builds keep to be used again.</summary>
    [Parameter]
    public SwitchParameter BuildCache { get; set; }

    /// <summary>With -BuildCache: so many bytes of it stay, the latest used.</summary>
    [Parameter, SizeTransformation]
    [ValidateRange(0L, long.MaxValue)]
    public long? KeepStorage { get; set; }

    /// <summary>Only what is older: a time, or how long ago.</summary>
    [Parameter, MomentTransformation]
    [Alias("Until")]
    public DateTimeOffset? OlderThan { get; set; }

    /// <summary>Only what has these labels; a bare key stands for any value.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Label { get; set; }

    /// <summary>Does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        bool all = !(Container || Image || AllImages || Network || Volume || AllVolumes || BuildCache);
        PruneOptions options = new()
        {
            Containers = Container || all,
            DanglingImages = Image || all,
            AllImages = AllImages,
            Networks = Network || all,
            Volumes = Volume,
            AllVolumes = AllVolumes,
            BuildCache = BuildCache,
            KeepBuildCache = KeepStorage,
            Before = OlderThan,
            Labels = Entries(Label),
        };
        if (TryRun(stop => Engine.FindReclaimable(options, stop), out IReadOnlyList<ReclaimedItem>? items))
        {
            foreach (ReclaimedItem item in items)
            {
                Clear(item);
            }
        }
    }

    private void Clear(ReclaimedItem item)
    {
        string what = $"Remove {ContainerDisplay.Item(item)} ({ByteSize.Format(item.Size)})";
        ShouldProcessReason reason = ShouldProcessReason.None;
        if (IsConsent || ShouldProcess(what, what + "?", "Confirm", out reason))
        {
            TryRun(stop => Remove(item, stop));
        }
        else if (reason == ShouldProcessReason.WhatIf)
        {
            WriteObject(item);
        }
    }

    /// <summary>-Force answers the question; -WhatIf and -Confirm still mean what they say.</summary>
    private bool IsConsent => Force && !IsOn("WhatIf") && !IsOn("Confirm")
        && !(LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference")) && !MyInvocation.BoundParameters.ContainsKey("WhatIf"));

    private bool IsOn(string parameter) =>
        MyInvocation.BoundParameters.TryGetValue(parameter, out object? value) && LanguagePrimitives.IsTrue(value);

    private void Remove(ReclaimedItem item, CancellationToken stop)
    {
        if (Engine.Clear(item, stop) is { } cleared)
        {
            WriteObject(cleared);
        }
        else
        {
            WriteVerbose($"{item} is in use by now, and stays.");
        }
    }
}
