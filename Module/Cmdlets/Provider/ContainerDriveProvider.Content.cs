using System.Management.Automation.Provider;
using Containers.Engine.Copying;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Get-Content. There is nothing to write through the drive.</summary>
public sealed partial class ContainerDriveProvider : IContentCmdletProvider
{
    public IContentReader GetContentReader(string path)
    {
        IContentReader? reader = null;
        _ = Try(() =>
        {
            DrivePath at = DrivePath.Parse(path);
            DriveContentParameters? parameters = DynamicParameters as DriveContentParameters;
            reader = at.Node switch
            {
                DriveNode.Log => new DriveLogReader(
                    Engine.ReadLog(at.Name, new LogQuery(), CancellationToken.None).Select(entry => entry.Line), parameters?.Raw == true),
                DriveNode.File => Open(at, parameters),
                _ => throw NotFound(path),
            };
            return true;
        });

        // PowerShell knows what to do with none: the error has been written.
        return reader!;
    }

    public object GetContentReaderDynamicParameters(string path) => new DriveContentParameters();

    public IContentWriter GetContentWriter(string path) => throw ReadOnly();

    public object? GetContentWriterDynamicParameters(string path) => null;

    public void ClearContent(string path) => throw ReadOnly();

    public object? ClearContentDynamicParameters(string path) => null;

    private static DriveContentReader Open(DrivePath at, DriveContentParameters? parameters)
    {
        // The descriptor of the file outlives the view, and is closed with the reader.
        using FileView view = Engine.OpenFiles(at.Place!, write: false, CancellationToken.None);
        return new DriveContentReader(view.OpenRead(at.Path), parameters);
    }

    private static NotSupportedException ReadOnly() => new("The drive is read-only. Use Copy-ContainerFile to write into a container.");
}
