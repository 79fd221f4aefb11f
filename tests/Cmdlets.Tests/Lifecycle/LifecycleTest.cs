using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>A test with real containers. After each one everything is removed through the cmdlets, and nothing may be left.</summary>
[Collection("hosted shell")]
public abstract class LifecycleTest(ContainerHostFixture host) : IClassFixture<ContainerHostFixture>, IDisposable
{
    protected ContainerHostFixture Host { get; } = host;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (Host.Missing is null)
        {
            Clean();
            Eventually(() => Leftovers().Length == 0, () => "left behind:\n" + Leftovers());
        }
    }

    /// <summary>Removes what tests make.</summary>
    protected virtual void Clean() => Ok("Get-Container | Remove-Container -Force");

    /// <summary>What is there after it; empty when nothing is.</summary>
    protected virtual string Leftovers() => Host.Leftovers();

    protected ScriptResult Run(string script, params object?[] arguments)
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        return Host.Shell.Run(script, arguments);
    }

    /// <summary>Runs a script that may not have errors.</summary>
    protected ScriptResult Ok(string script, params object?[] arguments)
    {
        ScriptResult result = Run(script, arguments);
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors.Select(e => $"{e.FullyQualifiedErrorId}: {e}")));
        return result;
    }

    /// <summary>Runs a script that must have one error with this id.</summary>
    protected ErrorRecord Fails(string errorId, string script, params object?[] arguments)
    {
        ScriptResult result = Run(script, arguments);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal(errorId, error.FullyQualifiedErrorId.Split(',')[0]);
        return error;
    }

    /// <summary>Lines of a shell script's output in a new container.</summary>
    protected IReadOnlyList<string> InContainer(string shellScript, string parameters = "") =>
        Ok($"Invoke-ContainerImage busybox -RemoveOnExit {parameters} -Command sh, '-c', $args[0]", shellScript).Lines;

    /// <summary>Starts a container in the background.</summary>
    protected void Detach(string name, string shellScript = "exec sleep 1000", string parameters = "") =>
        Ok($"$null = Invoke-ContainerImage busybox -Detach -Name {name} {parameters} -Command sh, '-c', $args[0]", shellScript);

    /// <summary>One value of a container as text.</summary>
    protected string Get(string name, string property) => Ok($"\"$((Get-Container {name}).{property})\"").Lines.Single();

    protected int Number(string name, string property) => int.Parse(Get(name, property), CultureInfo.InvariantCulture);

    protected string[] Log(string name) => [.. Ok($"Get-ContainerLog {name} -Raw").Lines];

    protected void AwaitLog(string name, string line) =>
        Eventually(() => Log(name).Contains(line), () => $"\"{line}\" in the log: {string.Join('|', Log(name))}");

    protected void AwaitState(string name, string state, int seconds = 10) =>
        Eventually(() => Get(name, "State") == state, () => $"{name} is {Get(name, "State")}, not {state}", seconds);

    protected static void Eventually(Func<bool> condition, Func<string> otherwise, int seconds = 10)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed.TotalSeconds < seconds, time.Elapsed.TotalSeconds < seconds ? "" : otherwise());
            Thread.Sleep(20);
        }
    }

    /// <summary>Content of a controller's file of a container.</summary>
    protected string Controller(string name, string version1, string version2)
    {
        string id = Get(name, "Id");
        foreach (string parent in ContainerHostFixture.CgroupDirectories(Host.CgroupParent))
        {
            foreach (string file in new[] { version1, version2 })
            {
                if (File.Exists(Path.Combine(parent, id, file)))
                {
                    return File.ReadAllText(Path.Combine(parent, id, file)).Trim();
                }
            }
        }

        Skip.If(true, $"this host has no controller with {version1} or {version2}");
        return "";
    }

    protected static void Kill(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        process.Kill();
    }

    /// <summary>Whether a process exists and is no zombie.</summary>
    protected static bool IsAlive(int pid) => StateOf(pid) is not ("" or "Z" or "X");

    protected static string StateOf(int pid)
    {
        string stat = ContainerHostFixture.ReadOrEmpty($"/proc/{pid}/stat");
        return stat.Length == 0 ? "" : stat[(stat.LastIndexOf(')') + 2)..][..1];
    }

    protected internal static int[] Children(int pid) =>
        [.. ContainerHostFixture.ReadOrEmpty($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
}
