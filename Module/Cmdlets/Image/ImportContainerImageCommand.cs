using System.Collections.ObjectModel;
using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Makes images from tar archives of a root file system: plain, gzip, xz, bzip2 or zstd.</summary>
[Cmdlet(VerbsData.Import, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[Alias("Load-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class ImportContainerImageCommand : ImageConfigurationCmdlet
{
    private const string PathSet = "Path";

    private const string LiteralSet = "LiteralPath";

    /// <summary>Archives; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Archives, the path taken as it is; files from Get-ChildItem.</summary>
    [Parameter(ParameterSetName = LiteralSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The archive holds the files of a root file system, the only kind that is known now.</summary>
    [Parameter]
    public SwitchParameter AsRootFileSystem { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string given in ParameterSetName == LiteralSet ? LiteralPath : Path)
        {
            if (!TryRun(_ => Expand(given), out Collection<string>? files))
            {
                continue;
            }

            foreach (string file in files)
            {
                if (ShouldDo($"Import {Subject} from \"{file}\"")
                    && TryRun(stop => Import(file, stop), out ContainerImage? image))
                {
                    WriteObject(image);
                }
            }
        }
    }

    /// <summary>A file that is called exactly that wins over the pattern.</summary>
    private Collection<string> Expand(string given)
    {
        if (ParameterSetName == LiteralSet || !WildcardPattern.ContainsWildcardCharacters(given) || File.Exists(ResolvePath(given)))
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

    private ContainerImage Import(string path, CancellationToken stop)
    {
        using FileStream tar = WithUserFile(path, resolved => new FileStream(resolved, new FileStreamOptions
        {
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        }));
        long length = tar.CanSeek ? tar.Length : 0;
        using ByteProgress progress = new(
            this, $"Importing {System.IO.Path.GetFileName(path)}", () => (tar.CanSeek ? tar.Position : 0, length));
        return Engine.Images.ImportRootFileSystem(tar, BuildOptions(), progress, stop);
    }
}
