using System.Diagnostics;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Tests.Cgroups;

/// <summary>A cgroup of the real tree with a name of its own. At the end its processes are killed and it is removed.</summary>
internal sealed class RealGroup : IDisposable
{
    private readonly CgroupHost _host;
    private readonly string _parent = $"containers-test-{Guid.NewGuid():N}";
    private readonly List<Process> _processes = [];

    internal RealGroup(CgroupHost host)
    {
        _host = host;
        Cgroup = host.Get($"{_parent}/box");
    }

    internal ICgroup Cgroup { get; }

    internal List<string> Warnings { get; } = [];

    internal PlanCgroup Plan { get; private set; } = new();

    internal PlanCgroup Create(ResourceLimits? limits = null, params string[] devices) =>
        Plan = Cgroup.Create(limits ?? new ResourceLimits(), [.. devices.Select(DeviceRule.Parse)], Warnings);

    /// <summary>Starts a shell script inside the group, joined as the monitor's child does it: by writing "0" itself.</summary>
    internal Process Start(string script)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        IEnumerable<string> files = Plan.JoinFiles;
        if (Plan.CloneIntoDirectory is { } directory)
        {
            files = files.Append($"{directory}/cgroup.procs");
        }

        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("for f in \"$@\"; do echo 0 > \"$f\" || exit 99; done; echo joined; " + script);
        start.ArgumentList.Add("sh");
        foreach (string file in files)
        {
            start.ArgumentList.Add(file);
        }

        Process process = Process.Start(start)!;
        _processes.Add(process);
        return process.StandardOutput.ReadLine() == "joined"
            ? process
            : throw new InvalidOperationException("did not join: " + process.StandardError.ReadToEnd());
    }

    /// <summary>Runs a script inside to its end.</summary>
    internal (int Code, string Output, string Error) Run(string script)
    {
        Process process = Start(script);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        return process.WaitForExit(20000)
            ? (process.ExitCode, output.Trim(), error.Result.Trim())
            : throw new TimeoutException("the script does not end");
    }

    public void Dispose()
    {
        if (Cgroup.Exists)
        {
            Cgroup.Kill();
        }

        foreach (Process process in _processes)
        {
            process.WaitForExit(5000);
            process.Dispose();
        }

        bool gone = Cgroup.Remove();
        if (!_host.RemoveEmpty(_parent) || !gone)
        {
            throw new InvalidOperationException($"left behind: {_parent}");
        }
    }
}
