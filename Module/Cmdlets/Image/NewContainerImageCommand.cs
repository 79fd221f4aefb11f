using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Makes a base image from a directory, or from programs of this host with the libraries they need.</summary>
[Cmdlet(VerbsCommon.New, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(ContainerImage))]
public sealed class NewContainerImageCommand : ImageConfigurationCmdlet
{
    private const string PathSet = "Path";

    private const string ProgramSet = "Program";

    [Parameter(Position = 0)]
    [Alias("Tag", "Name")]
    [ValidateNotNullOrEmpty]
    public override string[] Reference { get; set; } = [];

    /// <summary>The directory that becomes the root file system.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Names or paths of programs.</summary>
    [Parameter(ParameterSetName = ProgramSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Program { get; set; } = [];

    protected override void ProcessRecord()
    {
        string source = ParameterSetName == ProgramSet ? $"programs {string.Join(", ", Program)}" : $"directory \"{Path}\"";
        if (ShouldDo($"Create {Subject} from {source}") && TryRun(Create, out ContainerImage? image))
        {
            WriteObject(image);
        }
    }

    private ContainerImage Create(CancellationToken stop)
    {
        using ByteProgress progress = new(this, $"Creating {Subject}");
        return ParameterSetName == ProgramSet
            ? Engine.Images.CreateFromPrograms([.. Program.Select(Locate)], BuildOptions(), progress, stop)
            : Engine.Images.CreateFromDirectory(ResolvePath(Path), BuildOptions(), progress, stop);
    }

    /// <summary>A bare name is looked up by the engine; a path is relative to PowerShell's location.</summary>
    private string Locate(string program) => program.Contains('/', StringComparison.Ordinal) ? ResolvePath(program) : program;
}
