using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = "Path")]
public sealed class GetChildItemCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = "Path")]
    public string[] Path { get; set; } = ["."];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath"), Alias("PSPath")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter(Position = 1)]
    public string? Filter { get; set; }

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter File { get; set; }

    [Parameter]
    public SwitchParameter Directory { get; set; }

    [Parameter]
    public SwitchParameter Name { get; set; }

    protected override void ProcessRecord()
    {
        bool literal = ParameterSetName == "LiteralPath";
        WildcardPattern? filter = Filter is null ? null : WildcardPattern.Get(Filter, WildcardOptions.IgnoreCase);
        foreach (string path in literal ? LiteralPath : Path)
        {
            ProviderErrors.Run(this, path, () =>
            {
                foreach (PSObject item in InvokeProvider.ChildItem.Get([path], Recurse, Force, literal))
                {
                    bool container = item.Properties["PSIsContainer"]?.Value is true;
                    string name = item.Properties["PSChildName"]?.Value?.ToString() ?? "";
                    if ((!File || !container) && (!Directory || container) && filter?.IsMatch(name) != false)
                    {
                        WriteObject(Name ? name : item);
                    }
                }
            });
        }
    }
}

[Cmdlet(VerbsCommon.Get, "Item")]
public sealed class GetItemCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true), Alias("LiteralPath")]
    public string[] Path { get; set; } = [];

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            bool literal = MyInvocation.BoundParameters.ContainsKey("LiteralPath");
            ProviderErrors.Write(this, path, () => InvokeProvider.Item.Get([path], Force, literal));
        }
    }
}

[Cmdlet(VerbsCommon.New, "Item", SupportsShouldProcess = true)]
public sealed class NewItemCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    [Parameter]
    public string? Name { get; set; }

    [Parameter, Alias("Type")]
    public string ItemType { get; set; } = "File";

    [Parameter, Alias("Target")]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            if (ShouldProcess(path))
            {
                ProviderErrors.Write(this, path, () => InvokeProvider.Item.New([path], Name, ItemType, Value, Force));
            }
        }
    }
}

[Cmdlet(VerbsCommon.Remove, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class RemoveItemCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Path")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath"), Alias("PSPath")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        bool literal = ParameterSetName == "LiteralPath";
        foreach (string path in literal ? LiteralPath : Path)
        {
            ProviderErrors.Run(this, path, () =>
            {
                foreach (PSObject item in InvokeProvider.Item.Get([path], Force, literal))
                {
                    Remove(item.Properties["PSPath"].Value.ToString()!);
                }
            });
        }
    }

    private void Remove(string path)
    {
        if (!Recurse && InvokeProvider.Item.IsContainer(path) && InvokeProvider.ChildItem.HasChild(path, Force, true))
        {
            string shown = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
            PSInvalidOperationException error = new($"'{shown}' is not empty. Pass -Recurse to remove it with all it holds.");
            WriteError(new ErrorRecord(error, "DirectoryNotEmpty", ErrorCategory.InvalidOperation, shown));
        }
        else if (ShouldProcess(path))
        {
            InvokeProvider.Item.Remove([path], Recurse, Force, true);
        }
    }
}

[Cmdlet(VerbsCommon.Copy, "Item", SupportsShouldProcess = true)]
public sealed class CopyItemCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Position = 1)]
    public string Destination { get; set; } = ".";

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            if (ShouldProcess(path))
            {
                ProviderErrors.Run(this, path, () => InvokeProvider.Item.Copy(
                    [path], Destination, Recurse, CopyContainers.CopyTargetContainer, Force, false));
            }
        }
    }
}

[Cmdlet(VerbsCommon.Move, "Item", SupportsShouldProcess = true)]
public sealed class MoveItemCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Position = 1)]
    public string Destination { get; set; } = ".";

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            if (ShouldProcess(path))
            {
                ProviderErrors.Run(this, path, () => InvokeProvider.Item.Move([path], Destination, Force, false));
            }
        }
    }
}

[Cmdlet(VerbsCommon.New, "TemporaryFile", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class NewTemporaryFileCommand : PSCmdlet
{
    protected override void EndProcessing()
    {
        if (ShouldProcess(Path.GetTempPath()))
        {
            WriteObject(new FileInfo(Path.GetTempFileName()));
        }
    }
}
