using System.Diagnostics;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>A network namespace held by a descriptor and by nothing else, as a session makes one for a container.</summary>
internal sealed class NetworkSandbox : IDisposable
{
    private readonly NetworkNamespace _namespace = NetworkNamespace.Create();

    internal NetworkSandbox() => Identity = IdentityOf(_namespace.Descriptor);

    internal SafeFileHandle Handle => _namespace.Handle;

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

    /// <summary>A pair of interfaces: one end here, one in another namespace. The kernel removes both with either namespace.</summary>
    internal void Connect(string name, NetworkSandbox other, string otherName) => Required(
        "link", "add", name, "type", "veth", "peer", "name", otherName,
        "netns", $"/proc/{Environment.ProcessId}/fd/{other.Handle.DangerousGetHandle()}");

    /// <summary>Runs a test on a thread that is in the namespace; what it starts is in it, too.</summary>
    internal void Inside(Action test) => _namespace.Run(test);

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

    public void Dispose() => _namespace.Dispose();
}
