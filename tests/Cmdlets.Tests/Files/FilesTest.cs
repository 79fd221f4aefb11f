using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Files;

/// <summary>A test that copies between a folder of the host and containers; no descriptor may be left open.</summary>
public abstract class FilesTest(ContainerHostFixture host) : LifecycleTest(host), IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected string Folder => _folder.Path;

    public new void Dispose()
    {
        GC.SuppressFinalize(this);
        base.Dispose();
        _folder.Dispose();
    }

    /// <summary>Runs a script of the host's shell in the folder.</summary>
    protected string Sh(string script)
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script])
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd().TrimEnd('\n');
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, script + "\n" + errors.Result);
        return text;
    }

    /// <summary>A container that ran a script and has ended.</summary>
    protected void Stopped(string name, string script = "true") =>
        Ok($"Invoke-ContainerImage busybox -Name {name} -Command sh, '-c', $args[0]", script);

    /// <summary>Where the host sees the container's files: its own root while it runs, else what it wrote.</summary>
    protected string Root(string name) => Get(name, "State") == "Running"
        ? $"/proc/{Get(name, "ProcessId")}/root"
        : $"{Host.Shell.DataRoot}/containers/{Get(name, "Id")}/layer/upper";

    /// <summary>Type, permissions, owner, size and time of a file in a container.</summary>
    protected string Stat(string name, string path) => Sh($"stat -c '%A %u:%g %s %Y' '{Root(name)}{path}'");
}
