using System.Collections.ObjectModel;
using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>
/// Loads images from archives and directories that docker, podman, skopeo and buildah save, or makes one of the tar of a root file system.
/// </summary>
[Cmdlet(VerbsData.Import, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[Alias("Load-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed partial class ImportContainerImageCommand : ImageConfigurationCmdlet, IDisposable
{
    private const string PathSet = "Path";

    private const string LiteralSet = "LiteralPath";

    private const string StreamSet = "Stream";

    private readonly ByteSpool _input = new();

    /// <summary>Archives or directories; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Archives or directories, the path taken as it is; files from Get-ChildItem.</summary>
    [Parameter(ParameterSetName = LiteralSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>An archive as bytes, whole or in parts.</summary>
    [Parameter(ParameterSetName = StreamSet, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public byte[] InputObject { get; set; } = [];

    /// <summary>The archive holds the files of a root file system, not an image.</summary>
    [Parameter]
    public SwitchParameter AsRootFileSystem { get; set; }

    /// <summary>Dockerfile instructions for an image of a root file system.</summary>
    [Parameter, ArgumentCompleter(typeof(InstructionCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Change { get; set; } = [];

    /// <summary>os/architecture[/variant]: which image of an archive of several, or what a root file system is for.</summary>
    [Parameter, ArgumentCompleter(typeof(PlatformCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>Moves names that other images have, and does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    public void Dispose() => _input.Dispose();

    protected override void ProcessRecord()
    {
        if (ParameterSetName == StreamSet)
        {
            TryRun(_ => Collect());
            return;
        }

        foreach (string given in ParameterSetName == LiteralSet ? LiteralPath : Path)
        {
            foreach (string file in TryRun(_ => Expand(given), out Collection<string>? files) ? files : [])
            {
                if (ShouldDo($"Import {Wanted} from \"{file}\"")
                    && TryRun(stop => Import(file, stop), out IReadOnlyList<ContainerImage>? images))
                {
                    WriteObject(images, enumerateCollection: true);
                }
            }
        }
    }

    protected override void EndProcessing()
    {
        if (_input.HasAny && ShouldDo($"Import {Wanted} from the pipeline")
            && TryRun(ImportInput, out IReadOnlyList<ContainerImage>? images))
        {
            WriteObject(images, enumerateCollection: true);
        }
    }

    private string Wanted => AsRootFileSystem || Reference.Length > 0 ? Subject : "images";

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

    /// <summary>A file that is called exactly that wins over the pattern.</summary>
    private Collection<string> Expand(string given)
    {
        if (ParameterSetName == LiteralSet || !WildcardPattern.ContainsWildcardCharacters(given)
            || System.IO.Path.Exists(ResolvePath(given)))
        {
            return [ResolvePath(given)];
        }

        try
        {
            Collection<string> found = GetResolvedProviderPathFromPSPath(given, out ProviderInfo provider);
            return provider.Name == "FileSystem" ? found : [ResolvePath(given)];
        }
        catch (ItemNotFoundException)
        {
            return [];
        }
    }

    private IReadOnlyList<ContainerImage> ImportInput(CancellationToken stop)
    {
        using Stream input = _input.Open();
        return AsRootFileSystem
            ? [ImportRoot(input, "the pipeline", stop)]
            : Load("the pipeline", options => Engine.Load(input, options, stop));
    }

    private IReadOnlyList<ContainerImage> Import(string path, CancellationToken stop)
    {
        string name = System.IO.Path.GetFileName(path);
        if (!AsRootFileSystem)
        {
            return Load(name, options => Engine.Load(path, options, stop));
        }

        using FileStream tar = WithUserFile(path, resolved => new FileStream(resolved, new FileStreamOptions
        {
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        }));
        return [ImportRoot(tar, name, stop)];
    }

    private ContainerImage ImportRoot(Stream tar, string name, CancellationToken stop)
    {
        long length = tar.CanSeek ? tar.Length : 0;
        using ByteProgress progress = new(this, $"Importing {name}", () => (tar.CanSeek ? tar.Position : 0, length));
        ImageImportOptions options = BuildOptions() with { Changes = Change, Platform = Platform };
        return Engine.Images.ImportRootFileSystem(tar, options, progress, stop);
    }
}
