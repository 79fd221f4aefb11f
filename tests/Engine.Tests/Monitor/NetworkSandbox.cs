using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>A network namespace held by a descriptor and by nothing else, as a session makes one for a container.</summary>
internal sealed unsafe class NetworkSandbox : IDisposable
{
    internal NetworkSandbox()
    {
        Handle = null!;
        Thread maker = new(() =>
        {
            // Of this thread only, and the thread ends with it.
            if (Libc.unshare((int)Libc.CLONE_NEWNET) == 0)
            {
                fixed (byte* path = "/proc/thread-self/ns/net\0"u8)
                {
                    Handle = new SafeFileHandle(Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), ownsHandle: true);
                }
            }
        });
        maker.Start();
        maker.Join();
        Assert.True(Handle is { IsInvalid: false }, "no network namespace could be made");
        Identity = IdentityOf((int)Handle.DangerousGetHandle());
    }

    internal SafeFileHandle Handle { get; private set; }

    /// <summary>"net:[4026532008]".</summary>
    internal string Identity { get; }

    /// <summary>Runs ip(8) in the namespace.</summary>
    /// <returns>What it printed, and its exit code.</returns>
    internal (string Output, int ExitCode) Ip(params string[] arguments)
    {
        ProcessStartInfo start = new("nsenter") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add($"--net=/proc/{Environment.ProcessId}/fd/{Handle.DangerousGetHandle()}");
        start.ArgumentList.Add("ip");
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process ip = Process.Start(start)!;
        string output = ip.StandardOutput.ReadToEnd() + ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        return (output, ip.ExitCode);
    }

    internal string Required(params string[] arguments)
    {
        (string output, int exitCode) = Ip(arguments);
        Assert.True(exitCode == 0, $"ip {string.Join(' ', arguments)}: {output}");
        return output;
    }

    /// <summary>A pair of interfaces: one end here, the other in another namespace. The kernel removes both with either namespace.</summary>
    internal void Connect(string name, NetworkSandbox other, string otherName) => Required(
        "link", "add", name, "type", "veth", "peer", "name", otherName,
        "netns", $"/proc/{Environment.ProcessId}/fd/{other.Handle.DangerousGetHandle()}");

    /// <summary>Runs a test on a thread that is in the namespace; what it starts is in it, too.</summary>
    internal void Inside(Action test)
    {
        ExceptionDispatchInfo? failure = null;
        Thread inside = new(() =>
        {
            try
            {
                Assert.Equal(0, Libc.setns((int)Handle.DangerousGetHandle(), (int)Libc.CLONE_NEWNET));
                test();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        inside.Start();
        inside.Join();
        failure?.Throw();
    }

    internal static string IdentityOf(int descriptor) => Link($"/proc/self/fd/{descriptor}");

    /// <summary>Where a link of /proc leads; empty when its process is gone.</summary>
    internal static string Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void Dispose() => Handle.Dispose();
}
