using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using Containers.Shell.Terminal;

namespace Containers.Shell.Hosting;

/// <summary>The host object scripts see as $Host.</summary>
internal sealed class ShellHost : PSHost
{
    private readonly TerminalDevice _device;

    internal ShellHost(TerminalDevice device, Action stop)
    {
        _device = device;
        Interface = new ShellUserInterface(device, stop);
    }

    internal ShellUserInterface Interface { get; }

    /// <summary>Set by `exit`; null while nobody asked to end.</summary>
    internal int? ExitCode { get; private set; }

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "containers-shell";

    public override PSHostUserInterface UI => Interface;

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version ?? new Version(0, 0);

    public override void EnterNestedPrompt() =>
        throw new PSNotSupportedException("containers-shell has no nested prompts.");

    public override void ExitNestedPrompt() =>
        throw new PSNotSupportedException("containers-shell has no nested prompts.");

    /// <summary>A program that inherits the terminal starts: it gets it in the mode it was found in.</summary>
    public override void NotifyBeginApplication()
    {
        Interface.EndProgress();
        _device.Mode.Restore();
    }

    public override void NotifyEndApplication() => _device.Mode.Restore();

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;
}
