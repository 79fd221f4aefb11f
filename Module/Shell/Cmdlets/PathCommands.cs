using System.Collections.ObjectModel;
using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

public enum TestPathType
{
    Any,
    Container,
    Leaf,
}

[Cmdlet(VerbsDiagnostic.Test, "Path")]
[OutputType(typeof(bool))]
public sealed class TestPathCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true), AllowEmptyString, AllowNull]
    public string?[] Path { get; set; } = [];

    [Parameter, Alias("Type")]
    public TestPathType PathType { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string? path in Path)
        {
            bool exists = !string.IsNullOrWhiteSpace(path) && InvokeProvider.Item.Exists(path);
            WriteObject(exists && (PathType == TestPathType.Any
                || InvokeProvider.Item.IsContainer(path!) == (PathType == TestPathType.Container)));
        }
    }
}

[Cmdlet(VerbsCommon.Join, "Path")]
[OutputType(typeof(string))]
public sealed class JoinPathCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1), AllowEmptyString]
    public string ChildPath { get; set; } = "";

    [Parameter(Position = 2, ValueFromRemainingArguments = true)]
    public string[] AdditionalChildPath { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            WriteObject(AdditionalChildPath.Prepend(ChildPath).Aggregate(path, SessionState.Path.Combine));
        }
    }
}

[Cmdlet(VerbsCommon.Split, "Path", DefaultParameterSetName = "Parent")]
[OutputType(typeof(string))]
public sealed class SplitPathCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    [Parameter(ParameterSetName = "Parent")]
    public SwitchParameter Parent { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Leaf")]
    public SwitchParameter Leaf { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "LeafBase")]
    public SwitchParameter LeafBase { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Extension")]
    public SwitchParameter Extension { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            WriteObject(ParameterSetName switch
            {
                "Leaf" => SessionState.Path.ParseChildName(path),
                "LeafBase" => System.IO.Path.GetFileNameWithoutExtension(path),
                "Extension" => System.IO.Path.GetExtension(path),
                _ => SessionState.Path.ParseParent(path, ""),
            });
        }
    }
}

[Cmdlet(VerbsDiagnostic.Resolve, "Path")]
public sealed class ResolvePathCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            ProviderErrors.Run(this, path, () => WriteObject(SessionState.Path.GetResolvedPSPathFromPSPath(path), true));
        }
    }
}

[Cmdlet(VerbsCommon.Get, "Location")]
[OutputType(typeof(PathInfo))]
public sealed class GetLocationCommand : PSCmdlet
{
    protected override void ProcessRecord() => WriteObject(SessionState.Path.CurrentLocation);
}

[Cmdlet(VerbsCommon.Set, "Location")]
public sealed class SetLocationCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true), Alias("LiteralPath", "PSPath")]
    public string Path { get; set; } = "~";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord() => ProviderErrors.Run(this, Path, () =>
    {
        PathInfo location = SessionState.Path.SetLocation(Path);
        if (PassThru)
        {
            WriteObject(location);
        }
    });
}

/// <summary>Errors of a provider become error records of the cmdlet, so that the script goes on and -ErrorAction works.</summary>
internal static class ProviderErrors
{
    internal static void Run(PSCmdlet cmdlet, object? target, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not PipelineStoppedException && e is IContainsErrorRecord)
        {
            cmdlet.WriteError(new ErrorRecord(((IContainsErrorRecord)e).ErrorRecord, e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            cmdlet.WriteError(new ErrorRecord(e, e.GetType().Name, ErrorCategory.ReadError, target));
        }
    }

    internal static void Write(PSCmdlet cmdlet, object? target, Func<Collection<PSObject>> action) =>
        Run(cmdlet, target, () => cmdlet.WriteObject(action(), enumerateCollection: true));
}
