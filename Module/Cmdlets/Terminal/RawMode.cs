namespace Containers.Cmdlets;

/// <summary>Every key is a byte for the container, which echoes and gives keys their meaning itself.</summary>
internal sealed unsafe class RawMode() : TerminalMode(Make)
{
    /// <summary>cfmakeraw(3)</summary>
    private static void Make(ref TerminalCalls.Termios state)
    {
        state.c_iflag &= ~(TerminalCalls.IGNBRK | TerminalCalls.BRKINT | TerminalCalls.PARMRK | TerminalCalls.ISTRIP
            | TerminalCalls.INLCR | TerminalCalls.IGNCR | TerminalCalls.ICRNL | TerminalCalls.IXON);
        state.c_oflag &= ~TerminalCalls.OPOST;
        state.c_lflag &= ~(TerminalCalls.ECHO | TerminalCalls.ECHONL | TerminalCalls.ICANON | TerminalCalls.ISIG | TerminalCalls.IEXTEN);
        state.c_cflag = (state.c_cflag & ~(TerminalCalls.CSIZE | TerminalCalls.PARENB)) | TerminalCalls.CS8;
        state.c_cc[TerminalCalls.VMIN] = 1;
        state.c_cc[TerminalCalls.VTIME] = 0;
    }
}
