using System.Text.RegularExpressions;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>What a container is waited for: all that is given must hold, and one of the conditions.</summary>
public sealed record WaitRequest
{
    /// <summary>None means Stopped, or Running where a port or a line is waited for.</summary>
    public IReadOnlyList<WaitCondition> Conditions { get; init; } = [];

    /// <summary>Something takes connections (tcp) or datagrams (udp) there, in the container's network namespace. No protocol means tcp.</summary>
    public IReadOnlyList<ContainerPort> Ports { get; init; } = [];

    /// <summary>A line of this run's output matches, whenever it was written.</summary>
    public Regex? LogPattern { get; init; }

    /// <summary>Null waits for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The parts in words: "port 80/tcp", "a log line that matches 'ready'", "Healthy".</summary>
    internal IEnumerable<string> Describe()
    {
        if (Conditions is not ([] or [WaitCondition.Running]))
        {
            yield return string.Join(" or ", Conditions);
        }

        foreach (ContainerPort port in Ports)
        {
            yield return $"port {port.Number}/{(port.Protocol.Length == 0 ? "tcp" : port.Protocol)}";
        }

        if (LogPattern is not null)
        {
            yield return $"a log line that matches '{LogPattern}'";
        }
    }
}
