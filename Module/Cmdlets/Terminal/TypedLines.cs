namespace Containers.Cmdlets;

/// <summary>What is typed at the session's terminal, line by line, until Ctrl+D.</summary>
internal sealed class TypedLines : IDisposable
{
    private readonly LineMode _mode = new();

    private readonly KeyboardReader _keyboard;

    /// <param name="handle">Gets what was typed, on a thread of its own.</param>
    /// <param name="ended">Ctrl+D on an empty line, or the terminal is gone.</param>
    internal TypedLines(KeyboardReader.Handler handle, Action ended) => _keyboard = new KeyboardReader(handle, ended);

    /// <summary>As <see cref="KeyboardReader.Dispose"/>; the terminal is the prompt's again.</summary>
    public void Dispose()
    {
        _keyboard.Dispose();
        _mode.Dispose();
    }
}
