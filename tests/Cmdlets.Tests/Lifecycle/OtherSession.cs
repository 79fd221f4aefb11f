using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>A second session in a process of its own, that can be killed: pwsh where it is, else containers-shell.</summary>
internal sealed class OtherSession : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    /// <param name="prepare">Shell commands that come first, in a mount namespace for this session alone; none where empty.</param>
    internal OtherSession(ContainerHostFixture host, string script, string prepare = "")
    {
        string? pwsh = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, "pwsh")).FirstOrDefault(File.Exists);
        string text = $"$ErrorActionPreference = 'Continue'; Import-Module '{BuiltOutput.Module}';"
            + $"$PSDefaultParameterValues = @{{ 'New-Container:CgroupParent' = '{host.CgroupParent}';"
            + $" 'Invoke-ContainerImage:CgroupParent' = '{host.CgroupParent}' }}; {script}";
        ProcessStartInfo start = new(prepare.Length == 0 ? pwsh ?? BuiltOutput.Shell : "/usr/bin/unshare")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        if (prepare.Length > 0)
        {
            foreach (string argument in (string[])["--mount", "--", "/bin/sh", "-ec", prepare + "\nexec \"$0\" \"$@\"", pwsh ?? BuiltOutput.Shell])
            {
                start.ArgumentList.Add(argument);
            }
        }

        foreach (string argument in (string[])(pwsh is null ? ["-Module", BuiltOutput.Module!, "-Command", text] : ["-NoProfile", "-NonInteractive", "-Command", text]))
        {
            start.ArgumentList.Add(argument);
        }

        _ = host.Shell; // Its roots are in the environment.
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>What makes directories empty for a session.</summary>
    internal static string Hide(params string[] directories) => string.Join('\n', directories.Select(directory => $"mount -t tmpfs -o ro none {directory}"));

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <summary>Waits for its end.</summary>
    /// <returns>Lines of its output.</returns>
    internal string[] Finish(int seconds = 40)
    {
        if (!_process.WaitForExit(seconds * 1000))
        {
            Kill();
            throw new TimeoutException("The other session did not end.");
        }

        return _output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    internal string Errors => _errors.Result;

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
