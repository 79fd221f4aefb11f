using System.Runtime.ExceptionServices;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Networking.Firewall;

/// <summary>Runs a test on a thread with a network namespace of its own: what it does to the firewall goes with the thread.</summary>
internal static class OwnNamespace
{
    internal static void Run(Action test)
    {
        Skip.IfNot(Libc.geteuid() == 0, "making a network namespace needs root");
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                if (Libc.unshare((int)Libc.CLONE_NEWNET) < 0)
                {
                    throw new LinuxException("unshare", "CLONE_NEWNET", Errno.Last);
                }

                test();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
