using System.Collections.Concurrent;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>
/// The host's ends of pairs whose container is gone. The kernel removes them with the namespace, but a connection that was not closed
/// keeps a namespace for minutes, and it would go on answering for an address that is another container's by then. So they are deleted;
/// not by whoever waits for a stop, because the kernel takes its time (20 ms and more) for each.
/// </summary>
internal sealed partial class NetworkService
{
    /// <summary>What this session is deleting: a sweep has not to wait for it.</summary>
    private readonly ConcurrentDictionary<string, bool> _ending = new(StringComparer.Ordinal);

    /// <summary>What is written down is deleted by a later session when this one ends too early.</summary>
    private void DeleteEnds(NetworkState state)
    {
        List<string> names = [.. state.Interfaces.Select(one => one.HostInterface).Where(name => name.Length > 0)];
        if (names.Count == 0)
        {
            return;
        }

        foreach (string name in names)
        {
            _ending[name] = true;
            File.WriteAllBytes(paths.Ends + "/" + name, []);
        }

        // Opened here: a thread of the pool is in the namespace of the process, the caller may be elsewhere.
        RtnetlinkSocket host = RtnetlinkSocket.Open();
        _ = Task.Run(() =>
        {
            using (host)
            {
                DeleteEnds(host, names);
            }

            names.ForEach(name => _ending.TryRemove(name, out bool _));
        });
    }

    /// <summary>Those that a session left which ended too early.</summary>
    private void SweepEnds()
    {
        List<string> left = !Directory.Exists(paths.Ends) ? []
            : [.. Directory.EnumerateFiles(paths.Ends).Select(file => Path.GetFileName(file)!).Where(name => !_ending.ContainsKey(name))];
        if (left.Count > 0)
        {
            using RtnetlinkSocket host = RtnetlinkSocket.Open();
            DeleteEnds(host, left);
        }
    }

    private void DeleteEnds(RtnetlinkSocket host, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            try
            {
                host.Execute(LinkMessages.Delete(name));
            }
            catch (LinuxException e) when (e.Errno == Errno.ENODEV)
            {
                // The kernel was faster.
            }
            catch (LinuxException)
            {
                return; // Its file stays: whoever comes next tries again, and says what is wrong.
            }

            File.Delete(paths.Ends + "/" + name);
        }
    }
}
