using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Saves images into one archive or directory: docker save.</summary>
[Cmdlet(VerbsData.Export, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[Alias("Save-ContainerImage")]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo), typeof(byte[]))]
public sealed class ExportContainerImageCommand : ContainersCmdlet
{
    private const string PathSet = "Path";

    private const string StreamSet = "Stream";

    private readonly List<string> _images = [];

    /// <summary>name[:tag], id or beginning of an id; wildcards match names. An object comes with all its names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "Image", "ImageName", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ImageNameTransformation(All = true)]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The file, or with OciDirectory the directory, that is made.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 1)]
    [Alias("OutFile", "FilePath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>What is written.</summary>
    [Parameter, SingleValue]
    public ImageArchiveFormat Format { get; set; } = ImageArchiveFormat.DockerArchive;

    /// <summary>Of the layers in an OCI archive or directory.</summary>
    [Parameter, SingleValue]
    public LayerCompression Compression { get; set; } = LayerCompression.Gzip;

    /// <summary>Replaces a file that exists.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the archive to the pipeline, as arrays of bytes.</summary>
    [Parameter(ParameterSetName = StreamSet, Mandatory = true)]
    public SwitchParameter AsByteStream { get; set; }

    protected override void ProcessRecord() => _images.AddRange(FindImages(Name));

    protected override void EndProcessing()
    {
        List<string> images = [.. _images.Distinct(StringComparer.Ordinal)];
        if (images.Count == 0)
        {
            return;
        }

        string what = $"Save image \"{string.Join("\", \"", images)}\"";
        if (AsByteStream)
        {
            if (ShouldDo(what))
            {
                TryRun(stop => Write(images, stop));
            }
        }
        else if (TryRun(_ => ResolveNewPath(Path, Force), out string? path)
            && ShouldDo($"{what} to \"{path}\"")
            && TryRun(stop => Save(images, path, stop)))
        {
            WriteItem(path);
        }
    }

    private SaveOptions Options(IProgress<TransferProgress> progress) =>
        new() { Format = Format, LayerCompression = Compression, Progress = progress };

    private void Save(List<string> images, string path, CancellationToken stop) => RunTransfer(
        "Saving " + string.Join(", ", images),
        progress =>
        {
            Engine.Save(images, path, Options(progress), stop);
            return true;
        });

    private void Write(List<string> images, CancellationToken stop)
    {
        if (Format == ImageArchiveFormat.OciDirectory)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "DirectoryIsNoStream", "A directory cannot be written to the pipeline.", Format,
                "Use -Format OciArchive.");
        }

        RunTransfer(
            "Saving " + string.Join(", ", images),
            progress =>
            {
                using PipelineStream output = new(this);
                Engine.Save(images, output, Options(progress), stop);
                output.Complete();
                return true;
            });
    }
}
