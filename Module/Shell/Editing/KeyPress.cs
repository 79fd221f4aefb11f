using System.Text;

namespace Containers.Shell.Editing;

internal enum Key
{
    Text, Paste, Enter, Tab, BackTab, Escape, Backspace, Delete, Left, Right, Up, Down, Home, End, WordLeft, WordRight,
    KillToEnd, KillToStart, KillWordBack, KillWordForward, Yank, ClearScreen, EndOfInput, Cancel, Resize, Unknown,
}

/// <summary>What the user did: a key, and the text it carries when it is <see cref="Key.Text"/> or <see cref="Key.Paste"/>.</summary>
internal readonly record struct KeyPress(Key Key, string Text = "")
{
    internal static KeyPress Of(Rune rune) => new(Key.Text, rune.ToString());
}
