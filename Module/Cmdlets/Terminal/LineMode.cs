namespace Containers.Cmdlets;

/// <summary>
/// The terminal's own line editing, as a program has it that cat is run by: what is typed is seen, Enter is a line feed, Ctrl+D the end and Ctrl+C
/// the signal. At a prompt .NET leaves the terminal without most of that, because PowerShell edits its lines itself.
/// </summary>
internal sealed class LineMode() : TerminalMode(Make)
{
    private static void Make(ref TerminalCalls.Termios state)
    {
        state.c_iflag = (state.c_iflag & ~(TerminalCalls.INLCR | TerminalCalls.IGNCR)) | TerminalCalls.ICRNL;
        state.c_oflag |= TerminalCalls.OPOST | TerminalCalls.ONLCR;
        state.c_lflag |= TerminalCalls.ECHO | TerminalCalls.ICANON | TerminalCalls.ISIG | TerminalCalls.IEXTEN;
    }
}
