using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Writes a container's files as a tar archive: docker export.</summary>
[Cmdlet(VerbsData.Export, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(FileInfo), typeof(byte[]))]
public sealed class ExportContainerCommand : ContainerTargetCmdlet
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>The archive that is made; for several containers a script block, { "$($_.Name).tar" }.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("OutFile", "FilePath")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Replaces a file that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the archive to the pipeline, as arrays of bytes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => CheckDestination()))
        {
            return;
        }

        foreach (ContainerTarget target in Targets)
        {
            if (AsByteStream)
            {
                if (ShouldDo($"Export container \"{target.Name}\""))
                {
                    TryRun(stop => Write(target, stop));
                }
            }
            else if (TryRun(_ => Destination(), out string? path)
                && ShouldDo($"Export container \"{target.Name}\" to \"{path}\"")
                && TryRun(stop => Save(target, path, stop)))
            {
                WriteItem(path);
            }
        }
    }

    private void CheckDestination()
    {
        if (AsByteStream == (Path is not null))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidDestination",
                AsByteStream ? "-Path and -AsByteStream exclude each other." : "It is not said where the archive goes.", Path,
                "Give -Path or -AsByteStream.");
        }
    }

    /// <summary>Two containers in one file would be the second one only, whatever -Force says about what was there before.</summary>
    private string Destination()
    {
        string path = ResolveNewPath(Path!, Force);
        return _written.Contains(path) || Directory.Exists(path) ? throw FileExists(path) : path;
    }

    private void Write(ContainerTarget target, CancellationToken stop)
    {
        using ByteProgress progress = new(this, $"Exporting {target.Name}");
        using PipelineStream output = new(this);
        Engine.Export(target.Id, output, progress, stop);
        output.Complete();
    }

    /// <summary>Whole or not at all: what is written gets its name when it is complete. Only its owner may read it, as with docker.</summary>
    private void Save(ContainerTarget target, string path, CancellationToken stop)
    {
        string partial = path + "." + Guid.NewGuid().ToString("N")[..8] + ".partial";
        try
        {
            using (FileStream file = new(partial, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                using ByteProgress progress = new(this, $"Exporting {target.Name}");
                Engine.Export(target.Id, file, progress, stop);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, Force);
            _written.Add(path);
        }
        catch (IOException) when (!Force && File.Exists(path))
        {
            File.Delete(partial);
            throw FileExists(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw NotWritten(path, e);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
