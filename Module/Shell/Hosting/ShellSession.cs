using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using Containers.Shell.Terminal;

namespace Containers.Shell.Hosting;

/// <summary>One runspace with the module imported; runs texts and scripts in it and writes what they give.</summary>
internal sealed class ShellSession : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TerminalDevice _device;
    private PowerShell? _running;

    internal ShellSession(TerminalDevice device)
    {
        _device = device;
        Host = new ShellHost(device, RequestStop);
        Runspace = RunspaceFactory.CreateRunspace(Host, ShellSessionState.Create());
        // One thread for all commands: what a script sets on its thread is still set in the next line.
        Runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        Runspace.Open();
        Runspace.DefaultRunspace = Runspace;
    }

    internal ShellHost Host { get; }

    internal Runspace Runspace { get; }

    /// <summary>The user pressed Ctrl+C during the last command.</summary>
    internal bool Interrupted { get; private set; }

    /// <summary>The last command ended with a terminating error.</summary>
    internal bool Threw { get; private set; }

    public void Dispose() => Runspace.Dispose();

    /// <summary>Stops what is running, without waiting for it.</summary>
    /// <returns>false when nothing was running.</returns>
    internal bool Interrupt()
    {
        Interrupted = true;
        lock (_lock)
        {
            if (_running is null)
            {
                return false;
            }

            RequestStop();
            return true;
        }
    }

    /// <summary>Runs a text as one script. Returns $? of its last command; false after a terminating error.</summary>
    internal bool Run(string text, bool interactive = false)
    {
        using PowerShell shell = PowerShell.Create(Runspace);
        shell.AddScript(text, useLocalScope: false);
        bool wantsInput = !interactive && !_device.InputIsTerminal && MentionsInput(text);
        // Not only for the history: the engine restores the old $? after commands that do not enter it.
        return Invoke(shell, wantsInput, addToHistory: true);
    }

    /// <summary>Runs a script file with pwsh's binding of the arguments behind -File.</summary>
    internal void RunFile(string path, IReadOnlyList<string> arguments)
    {
        using PowerShell shell = PowerShell.Create(Runspace);
        Command script = new(path, isScript: false, useLocalScope: false);
        foreach (CommandParameter parameter in ScriptArguments.Parse(arguments))
        {
            script.Parameters.Add(parameter);
        }

        shell.Commands.AddCommand(script);
        EngineInternals.LetScriptExit(Runspace);
        Invoke(shell, !_device.InputIsTerminal && MentionsInput(File.ReadAllText(path)), addToHistory: false);
    }

    /// <summary>The value of a small script, such as the prompt function.</summary>
    internal string Evaluate(string text)
    {
        using PowerShell shell = PowerShell.Create(Runspace);
        try
        {
            return string.Concat(shell.AddScript(text).Invoke<string>());
        }
        catch (RuntimeException)
        {
            return "";
        }
    }

    internal void Import(string module)
    {
        using PowerShell shell = PowerShell.Create(Runspace);
        shell.AddCommand("Import-Module").AddParameter("Name", module);
        Invoke(shell, wantsInput: false, addToHistory: false);
    }

    private bool Invoke(PowerShell shell, bool wantsInput, bool addToHistory)
    {
        // Errors go the same way as output, marked, so that both appear in the order in which they were written.
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        Interrupted = false;
        Threw = false;
        lock (_lock)
        {
            _running = shell;
        }

        using StandardInput? input = wantsInput ? new StandardInput(_device.Input) : null;
        try
        {
            PSInvocationSettings settings = new() { AddToHistory = addToHistory, Host = Host };
            shell.Invoke(input?.Lines ?? Empty(), new PSDataCollection<PSObject>(), settings);
            return Runspace.SessionStateProxy.GetVariable("?") is not false;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException e)
        {
            Threw = true;
            Report(e);
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
            }

            Host.Interface.EndProgress();
        }
    }

    private static PSDataCollection<PSObject> Empty()
    {
        PSDataCollection<PSObject> none = [];
        none.Complete();
        return none;
    }

    /// <summary>Shows a terminating error through the same formatter as the others, so that it has the same looks.</summary>
    private void Report(RuntimeException error)
    {
        if (Host.Interface.OutputClosed)
        {
            return;
        }

        ErrorRecord record = new(error.ErrorRecord, error);
        PSObject marked = PSObject.AsPSObject(record);
        EngineInternals.MarkAsError(marked);
        using PowerShell shell = PowerShell.Create(Runspace);
        try
        {
            shell.AddCommand("Out-Default").Invoke(new[] { marked });
        }
        catch (RuntimeException)
        {
            // The formatter itself failed (a broken view of a module): the message is still worth printing.
            Host.Interface.WriteErrorLine(record.ToString());
        }
    }

    /// <summary>Standard input is read only by scripts that ask for it; others leave it to the programs they start.</summary>
    private static bool MentionsInput(string text) =>
        Parser.ParseInput(text, out _, out _)
            .Find(ast => ast is VariableExpressionAst { VariablePath.UserPath: var name }
                && name.Equals("input", StringComparison.OrdinalIgnoreCase), searchNestedScriptBlocks: false) is not null;

    private void RequestStop()
    {
        if (_running is { InvocationStateInfo.State: PSInvocationState.Running } running)
        {
            running.BeginStop(null, null);
        }
    }
}
