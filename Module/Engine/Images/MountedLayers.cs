using System.Text.RegularExpressions;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// What processes of this host have mounted of the layers, each in its own mount namespace: containers, steps of builds, and images that are mounted
/// into containers. Nothing but the kernel knows them all, and it does not keep anybody from deleting a directory below an overlay.
/// </summary>
internal sealed partial class MountedLayers
{
    private readonly List<Space> _spaces = [];

    /// <summary>A mount namespace: the lines of its mountinfo that may be about layers, and who is in it.</summary>
    private sealed record Space(IReadOnlyList<string> Lines, List<ProcessIdentity> Processes);

    private MountedLayers()
    {
    }

    /// <summary>How it is now (proc_pid_mountinfo(5)). One namespace is read once, however many processes are in it.</summary>
    internal static MountedLayers Read()
    {
        MountedLayers mounted = new();
        Dictionary<string, Space> known = new(StringComparer.Ordinal);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out int pid) || !ProcessIdentity.TryRead(pid, out long start, out _))
            {
                continue;
            }

            try
            {
                string id = new FileInfo(directory + "/ns/mnt").LinkTarget ?? directory;
                if (!known.TryGetValue(id, out Space? space))
                {
                    known[id] = space = new Space([.. File.ReadLines(directory + "/mountinfo").Where(line => line.Contains("layers/", StringComparison.Ordinal))], []);
                    if (space.Lines.Count > 0)
                    {
                        mounted._spaces.Add(space);
                    }
                }

                space.Processes.Add(new ProcessIdentity(pid, start));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is somebody's that no container of this user can be in.
            }
        }

        return mounted;
    }

    /// <summary>Who has a layer mounted, by the name it has or had, or by the one it was set aside under.</summary>
    /// <param name="dataRoot">Whose layers.</param>
    /// <param name="names">Of directories below layers/.</param>
    /// <returns>The processes, and the ids of containers as far as a mount names them.</returns>
    internal (IReadOnlyList<ProcessIdentity> Processes, IReadOnlyList<string> Containers) UsersOf(string dataRoot, params ReadOnlySpan<string> names)
    {
        List<ProcessIdentity> processes = [];
        SortedSet<string> containers = new(StringComparer.Ordinal);
        foreach (Space space in _spaces)
        {
            bool any = false;
            foreach (string line in space.Lines)
            {
                if (Mentions(line, names) && IsOf(dataRoot, line, out string? container))
                {
                    any = true;
                    if (container is not null)
                    {
                        containers.Add(container);
                    }
                }
            }

            if (any)
            {
                processes.AddRange(space.Processes);
            }
        }

        return (processes, [.. containers]);
    }

    private static bool Mentions(string line, ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (line.Contains($"layers/{name}/fs", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Overlays name layers relative to their data root. Where that leaves it open whose they are, they may be ours.</summary>
    private static bool IsOf(string dataRoot, string line, out string? container)
    {
        Match upper = OwnDirectory().Match(line);
        container = upper.Success ? upper.Groups[1].Value : null;
        return container is null || Directory.Exists(Path.Join(dataRoot, "containers", container));
    }

    [GeneratedRegex("upperdir=(?:[^,]*/)?containers/([0-9a-f]{64})/")]
    private static partial Regex OwnDirectory();
}
