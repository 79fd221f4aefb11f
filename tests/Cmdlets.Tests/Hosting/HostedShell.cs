using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Containers.Shell.Hosting;

namespace Containers.Cmdlets.Tests.Hosting;

/// <summary>
/// A PowerShell session with the module imported and roots of its own. As an IClassFixture it gives a test class one session;
/// the roots are set as environment variables of the process, so classes that use it belong to one xunit collection
/// (<see cref="HostedShellTurns"/>), which runs them one after the other.
/// </summary>
public sealed class HostedShell : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CapturingHost _host;
    private readonly Runspace _runspace;
    private readonly Dictionary<string, string?> _environment = [];
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private PowerShell? _running;

    public HostedShell()
        : this(BuiltOutput.Module ?? throw new FileNotFoundException("The module is not staged. Set CONTAINERS_TEST_MODULE."))
    {
    }

    /// <param name="module">Path of the manifest.</param>
    /// <param name="width">Columns of the screen that formatted output is made for.</param>
    public HostedShell(string module, int width = 120)
    {
        DataRoot = Directory.CreateDirectory(Path.Combine(_folder.Path, "data")).FullName;
        RunRoot = Directory.CreateDirectory(Path.Combine(_folder.Path, "run")).FullName;
        SetEnvironment("CONTAINERS_DATA_ROOT", DataRoot);
        SetEnvironment("CONTAINERS_RUN_ROOT", RunRoot);

        // No test asks a registry of the world for an image, and none reads or writes the credentials of whoever runs it.
        SetEnvironment("CONTAINERS_REGISTRIES_CONF", _folder.File("registries.conf", "[[registry]]\nlocation = \"docker.io\"\nblocked = true\n"));
        SetEnvironment("REGISTRY_AUTH_FILE", Path.Combine(_folder.Path, "auth.json"));
        SetEnvironment("DOCKER_CONFIG", _folder.Path);
        _host = new CapturingHost(width);
        _runspace = RunspaceFactory.CreateRunspace(_host, ShellSessionState.Create());
        _runspace.Open();
        PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        ScriptResult import = Run($"Import-Module -Name '{module.Replace("'", "''", StringComparison.Ordinal)}' -ErrorAction Stop");
        if (import.HadErrors)
        {
            throw new InvalidOperationException($"'{module}' cannot be imported: {import.Errors[0]}", import.Errors[0].Exception);
        }
    }

    public string DataRoot { get; }

    public string RunRoot { get; }

    /// <summary>Answers for -Confirm, by index (0 Yes, 1 Yes to all, 2 No, 3 No to all); the default when there is none.</summary>
    public void Answer(params int[] choices)
    {
        foreach (int choice in choices)
        {
            _host.Choices.Enqueue(choice);
        }
    }

    /// <summary>Runs a script; its objects are the output.</summary>
    /// <param name="script">The script; $args are <paramref name="arguments"/>.</param>
    public ScriptResult Run(string script, params object?[] arguments) =>
        Invoke(script, arguments, format: false);

    /// <summary>Runs a script and formats what it gives as the prompt would; read <see cref="ScriptResult.HostText"/>.</summary>
    public ScriptResult Show(string script, params object?[] arguments) =>
        Invoke(script, arguments, format: true);

    /// <summary>Runs a script on another thread, to be stopped by <see cref="Stop"/>.</summary>
    public Task<ScriptResult> RunAsync(string script, params object?[] arguments) =>
        Task.Factory.StartNew(() => Run(script, arguments), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>What Ctrl+C does. Returns when the pipeline has ended.</summary>
    public void Stop()
    {
        PowerShell? running;
        lock (_lock)
        {
            running = _running;
        }

        // Before it runs and after its end there is nothing to stop.
        if (running is { InvocationStateInfo.State: PSInvocationState.Running })
        {
            // Not Stop(): it may throw when the pipeline ends by itself in the same moment.
            running.BeginStop(null, null);
            _idle.Wait();
        }
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _idle.Dispose();
        foreach ((string name, string? value) in _environment)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        _folder.Dispose();
    }

    private ScriptResult Invoke(string script, object?[] arguments, bool format)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.AddScript("$global:LASTEXITCODE = $null");
        shell.Invoke();
        shell.Commands.Clear();
        shell.AddScript(script, useLocalScope: false);
        foreach (object? argument in arguments)
        {
            shell.AddArgument(argument);
        }

        if (format)
        {
            shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
            shell.AddCommand("Out-Default");
        }

        lock (_lock)
        {
            _running = shell;
            _idle.Reset();
        }

        PSDataCollection<PSObject> output = [];
        List<ErrorRecord> terminating = [];
        bool stopped = false;
        try
        {
            shell.Invoke(null, output);
        }
        catch (PipelineStoppedException)
        {
            stopped = true;
        }
        catch (RuntimeException e)
        {
            terminating.Add(e.ErrorRecord);
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
                _idle.Set();
            }
        }

        object? exitCode = _runspace.SessionStateProxy.GetVariable("LASTEXITCODE");
        return new ScriptResult(
            [.. output],
            [.. shell.Streams.Error, .. terminating],
            [.. shell.Streams.Warning.Select(w => w.Message)],
            [.. shell.Streams.Progress],
            exitCode is null ? null : LanguagePrimitives.ConvertTo<int>(exitCode),
            shell.HadErrors || terminating.Count > 0,
            _host.TakeText(),
            stopped || shell.InvocationStateInfo.State is PSInvocationState.Stopped or PSInvocationState.Stopping);
    }

    private void SetEnvironment(string name, string value)
    {
        _environment[name] = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
    }
}

/// <summary>Environment variables belong to the process: the classes of this collection take turns.</summary>
[CollectionDefinition("hosted shell", DisableParallelization = true)]
public sealed class HostedShellTurns;
