using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Writes a volume's files as a tar archive.</summary>
[Cmdlet(VerbsData.Export, "ContainerVolume", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(FileInfo), typeof(byte[]))]
public sealed class ExportContainerVolumeCommand : ContainersCmdlet
{
    private const string PathSet = "Path";

    private const string StreamSet = "Stream";

    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [VolumeNameTransformation]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The archive that is made, compressed as its name says; for several volumes a script block, { "$($_.Name).tar.gz" }.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("OutFile", "FilePath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Replaces a file that exists.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the archive to the pipeline, as arrays of bytes.</summary>
    [Parameter(ParameterSetName = StreamSet, Mandatory = true)]
    public SwitchParameter AsByteStream { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in FindVolumes(Name))
        {
            if (AsByteStream)
            {
                if (ShouldDo($"Export volume \"{name}\""))
                {
                    TryRun(stop => Write(name, stop));
                }
            }
            else if (TryRun(_ => Destination(), out string? path) && ShouldDo($"Export volume \"{name}\" to \"{path}\"")
                && TryRun(stop => Save(name, path, stop)))
            {
                WriteItem(path);
            }
        }
    }

    /// <summary>Two volumes in one file would be the second one only, whatever -Force says about what was there before.</summary>
    private string Destination()
    {
        string path = ResolveNewPath(Path, Force);
        return _written.Contains(path) || Directory.Exists(path) ? throw FileExists(path) : path;
    }

    private void Write(string name, CancellationToken stop)
    {
        using ByteProgress progress = new(this, $"Exporting {name}");
        using PipelineStream output = new(this);
        Engine.ExportVolume(name, output, progress, stop);
        output.Complete();
    }

    private void Save(string name, string path, CancellationToken stop)
    {
        using ByteProgress progress = new(this, $"Exporting {name}");
        Engine.ExportVolume(name, path, progress, stop);
        _written.Add(path);
    }
}
