using System.Reflection;
using System.Runtime.InteropServices;
using Containers.Shell.Hosting;
using Containers.Shell.Terminal;

namespace Containers.Shell;

internal static class Program
{
    // As pwsh: sysexits(3) EX_USAGE; shells add 128 to the number of the signal.
    private const int BadUsage = 64;
    private const int InterruptedBySignal = 128 + 2;
    private const int OutputClosed = 128 + 13;

    private static int Main(string[] args)
    {
        TerminalDevice device = new();
        try
        {
            return Run(ShellArguments.Parse(args), device);
        }
        finally
        {
            device.Mode.Restore();
        }
    }

    private static int Run(ShellArguments arguments, TerminalDevice device)
    {
        if (arguments.Error is { } error)
        {
            device.Error.WriteLine(error);
            device.Error.WriteLine(ShellArguments.Usage);
            return BadUsage;
        }

        if (arguments.ShowHelp)
        {
            device.Output.WriteLine(ShellArguments.Usage);
            return 0;
        }

        if (arguments.ShowVersion)
        {
            // "7.6.9 SHA: ..."; the assembly's own version stays 7.6.0.
            string engine = typeof(System.Management.Automation.PSObject).Assembly
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split(' ')[0];
            device.Output.WriteLine($"containers-shell {typeof(Program).Assembly.GetName().Version!.ToString(3)} (PowerShell {engine})");
            return 0;
        }

        string? script = arguments.File is { } file ? Path.GetFullPath(file) : null;
        if (script is not null && !File.Exists(script))
        {
            device.Error.WriteLine($"'{arguments.File}' is not a script file. Check the path and try again.");
            return BadUsage;
        }

        using ShellSession session = new(device);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            if (!session.Interrupt() && !device.IsInteractive)
            {
                Environment.Exit(InterruptedBySignal);
            }
        });
        // Not cancelled: the process ends as it would have, but the terminal gets its mode back first.
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => device.Mode.Restore());
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => device.Mode.Restore());

        if (ModuleLocation.Find(arguments.Module) is { } module)
        {
            session.Import(module);
        }
        else
        {
            session.Host.UI.WriteWarningLine("The module Containers was not found beside the shell. Pass -Module PATH.");
        }

        bool success = true;
        CommandReader reader = new(session, device);
        if (script is not null)
        {
            // A script's exit code is its `exit`; commands that failed on the way do not count, an exception does.
            session.RunFile(script, arguments.FileArguments);
            success = !session.Threw;
        }
        else if (arguments.Command is { } text and not "-")
        {
            success = session.Run(text);
        }
        else if (arguments.Command is null && device.IsInteractive)
        {
            reader.RunPrompt();
            return session.Host.ExitCode ?? 0;
        }
        else
        {
            success = reader.RunPiped();
        }

        return session switch
        {
            { Host.Interface.OutputClosed: true } => OutputClosed,
            { Interrupted: true } => InterruptedBySignal,
            { Host.ExitCode: { } code } => code,
            _ => success ? 0 : 1,
        };
    }
}
