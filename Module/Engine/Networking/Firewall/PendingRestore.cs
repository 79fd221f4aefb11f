using Containers.Engine.Linux;

namespace Containers.Engine.Networking.Firewall;

/// <summary>An iptables-restore at work.</summary>
internal sealed class PendingRestore(ChildProcess process, string path, TimeSpan timeout) : IDisposable
{
    /// <exception cref="EngineException">FirewallFailed.</exception>
    internal void Wait(CancellationToken stop)
    {
        ChildResult result;
        try
        {
            result = process.Wait(timeout, stop);
        }
        catch (Exception e) when (e is LinuxException or TimeoutException)
        {
            throw IptablesFailure.NotRun(path, e);
        }

        if (result.ExitCode != 0)
        {
            throw IptablesFailure.From(path, result);
        }
    }

    public void Dispose() => process.Dispose();
}
