using System.Management.Automation;
using System.Text;
using Containers.Engine;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that makes a container, and gets its image first where that is missing.</summary>
public abstract class ContainerCreationCmdlet : ContainerDefinitionCmdlet
{
    /// <summary>When a registry is asked for the image.</summary>
    [Parameter, SingleValue]
    [Alias("Pull")]
    public PullPolicy PullPolicy { get; set; } = PullPolicy.Missing;

    /// <summary>os/architecture[/variant] of the image that is pulled, instead of this machine's.</summary>
    [Parameter, ArgumentCompleter(typeof(PlatformCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>For the pull, instead of the credential that Connect-ContainerRegistry keeps.</summary>
    [Parameter, Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The only file with credentials that is read.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuthFile { get; set; }

    /// <summary>Makes the container, with its id file and in place of another where that is wanted.</summary>
    private protected Container Create(ContainerSpec spec, CancellationToken stop)
    {
        // First of all: a pull that fails must not have cost the container that was to be replaced.
        ContainerSpec complete = spec with { Image = Obtain(stop) };
        if (CidFile is null)
        {
            RemoveReplaced();
            return Engine.Create(complete, Name, Warnings);
        }

        // Reserved before anything is made: two runs that share a path must not both believe that the file is theirs.
        string path = ResolvePath(CidFile);
        using FileStream file = CreateIdFile(path);
        try
        {
            RemoveReplaced();
            Container container = Engine.Create(complete, Name, Warnings);
            file.Write(Encoding.ASCII.GetBytes(container.Id));
            return container;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>What the container names as its image: the user's word where it finds the image, else what was pulled for it.</summary>
    private string Obtain(CancellationToken stop)
    {
        PullOptions options = new()
        {
            Policy = PullPolicy,
            Platform = ParsePlatform(Platform),
            Credential = Convert(Credential),
            AuthFile = ResolveOptional(AuthFile),
            Warning = Warnings.Add,
        };
        ContainerImage image = RunTransfer(
            $"Pulling {Image}", progress => Engine.EnsureImage(Image, options with { Progress = progress }, stop));
        bool named = ImageReference.TryParse(Image, out ImageReference? reference) && image.References.Contains(reference.ToString());
        bool byId = image.Id.Contains(Image, StringComparison.Ordinal);
        return named || byId || image.References.Count == 0 ? Image : image.References[0];
    }

    private static FileStream CreateIdFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "CidFileExists", $"The file \"{path}\" exists.", path,
                "Remove it, or choose another path for -CidFile.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineErrorKind.WriteError, "CidFileNotWritten", $"The file \"{path}\" cannot be written: {e.Message}", path,
                "Choose another path for -CidFile.", e);
        }
    }

    /// <summary>By exact name only: the beginning of another container's id must never be a reason to remove that one.</summary>
    private void RemoveReplaced()
    {
        if (Replace && Name is not null
            && Engine.List().FirstOrDefault(container => container.Name == Name) is { } old)
        {
            Engine.Remove(old.Id, force: true, Stop);
        }
    }
}
