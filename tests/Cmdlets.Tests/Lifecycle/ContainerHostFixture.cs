using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>
/// A session with roots of its own and an image "busybox" of the host's program. Its containers have a cgroup parent of their own, so
/// that what they leave behind can be told from other engines' containers on the same machine.
/// </summary>
public sealed class ContainerHostFixture : IDisposable
{
    private HostedShell? _shell;

    public string? Missing { get; } =
        Environment.UserName != "root" ? "containers need root"
        : !File.Exists("/bin/busybox") && !File.Exists("/usr/bin/busybox") ? "busybox-static is not installed"
        : null;

    public string CgroupParent { get; } = "containers-test-" + Guid.NewGuid().ToString("N")[..12];

    public HostedShell Shell => _shell ??= Open();

    public void Dispose()
    {
        if (_shell is null)
        {
            return;
        }

        _shell.Run("Get-Container | Remove-Container -Force");
        foreach (string group in CgroupDirectories(CgroupParent))
        {
            Directory.Delete(group);
        }

        _shell.Dispose();
    }

    /// <summary>The directories of this name in every hierarchy of cgroup v1, v2 or both.</summary>
    internal static IEnumerable<string> CgroupDirectories(string name) => Directory.GetDirectories("/sys/fs/cgroup")
        .Prepend("/sys/fs/cgroup").Select(hierarchy => Path.Combine(hierarchy, name)).Where(Directory.Exists)
        .DistinctBy(directory => new DirectoryInfo(directory).ResolveLinkTarget(true)?.FullName ?? directory);

    private HostedShell Open()
    {
        HostedShell shell = new();
        ScriptResult made = shell.Run(
            $"$PSDefaultParameterValues = @{{ 'New-Container:CgroupParent' = '{CgroupParent}'; 'Invoke-ContainerImage:CgroupParent' = '{CgroupParent}' }};"
            + "$null = New-ContainerImage busybox -Program busybox -Command sh");
        if (made.HadErrors)
        {
            shell.Dispose();
            throw new InvalidOperationException($"The image busybox cannot be made: {made.Errors[0]}", made.Errors[0].Exception);
        }

        return shell;
    }

    /// <summary>
    /// What is there of containers: records, names, runs, cgroups, mounts, monitors. One line each; empty when
    /// nothing is.
    /// </summary>
    internal string Leftovers()
    {
        List<string> found = [];
        foreach (string folder in new[] { "containers", "names", "trash" }.Select(name => Path.Combine(Shell.DataRoot, name))
            .Append(Path.Combine(Shell.RunRoot, "containers")).Where(Directory.Exists))
        {
            found.AddRange(Directory.GetFileSystemEntries(folder).Where(entry => Path.GetFileName(entry) != ".lock"));
        }

        found.AddRange(CgroupDirectories(CgroupParent).SelectMany(Directory.GetDirectories));
        found.AddRange(File.ReadLines("/proc/self/mountinfo")
            .Where(line =>
                line.Contains(Shell.DataRoot, StringComparison.Ordinal) || line.Contains(Shell.RunRoot, StringComparison.Ordinal)));
        found.AddRange(Monitors().Select(pid => $"monitor {pid}"));
        return string.Join('\n', found);
    }

    /// <summary>Monitors of these roots: their argument is the plan.</summary>
    internal IEnumerable<int> Monitors()
    {
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                string commandLine = ReadOrEmpty($"/proc/{process.Id}/cmdline");
                if (commandLine.Contains(Shell.RunRoot, StringComparison.Ordinal)
                    && commandLine.StartsWith("containers-monitor", StringComparison.Ordinal))
                {
                    yield return process.Id;
                }
            }
        }
    }

    /// <summary>A file of /proc or of a cgroup; empty when its owner is gone.</summary>
    internal static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
