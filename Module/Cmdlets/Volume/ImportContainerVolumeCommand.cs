using System.Collections;
using System.Management.Automation;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Makes a volume of the files in a tar archive.</summary>
[Cmdlet(VerbsData.Import, "ContainerVolume", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(ContainerVolume))]
public sealed class ImportContainerVolumeCommand : ContainersCmdlet, IDisposable
{
    private const string PathSet = "Path";

    private const string StreamSet = "Stream";

    private readonly ByteSpool _input = new();

    /// <summary>The volume's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>A tar, plain or compressed with gzip, xz, bzip2 or zstd.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 1)]
    [Alias("LiteralPath", "FilePath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The archive as bytes, whole or in parts.</summary>
    [Parameter(ParameterSetName = StreamSet, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public byte[] InputObject { get; set; } = [];

    /// <summary>Labels of a new volume.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    /// <summary>The files take the place of those of a volume that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    public void Dispose() => _input.Dispose();

    protected override void ProcessRecord()
    {
        if (ParameterSetName == StreamSet)
        {
            TryRun(_ => Collect());
        }
        else if (ShouldDo($"Import volume \"{Name}\" from \"{Path}\"") && TryRun(ImportFile, out ContainerVolume? volume))
        {
            WriteObject(volume);
        }
    }

    protected override void EndProcessing()
    {
        if (_input.HasAny && ShouldDo($"Import volume \"{Name}\" from the pipeline") && TryRun(ImportInput, out ContainerVolume? volume))
        {
            WriteObject(volume);
        }
    }

    private void Collect()
    {
        try
        {
            _input.Add(InputObject);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritten("temporary file", e);
        }
    }

    private ContainerVolume ImportFile(CancellationToken stop)
    {
        using FileStream archive = WithUserFile(Path, resolved => new FileStream(resolved, new FileStreamOptions
        {
            Options = FileOptions.SequentialScan, BufferSize = 0,
        }));
        return Import(archive, stop);
    }

    private ContainerVolume ImportInput(CancellationToken stop)
    {
        using Stream input = _input.Open();
        return Import(input, stop);
    }

    private ContainerVolume Import(Stream archive, CancellationToken stop)
    {
        long length = archive.CanSeek ? archive.Length : 0;
        using ByteProgress progress = new(this, $"Importing {Name}", () => (archive.CanSeek ? archive.Position : 0, length));
        return Engine.ImportVolume(archive, Name, Map(Label), Force, progress, stop);
    }
}
