using System.Globalization;

namespace Containers.Shell.Editing;

/// <summary>The text being edited and the cursor in it. Moves by what a person sees as one character (grapheme clusters).</summary>
internal sealed class LineBuffer
{
    private string _killed = "";

    internal string Text { get; private set; } = "";

    internal int Cursor { get; private set; }

    internal void Set(string text, int? cursor = null)
    {
        Text = text;
        Cursor = Math.Clamp(cursor ?? text.Length, 0, text.Length);
    }

    internal void Insert(string text) => Replace(Cursor, 0, text);

    /// <summary>Replaces a part of the text; the cursor ends behind what was put in.</summary>
    internal void Replace(int start, int length, string text)
    {
        Text = string.Concat(Text.AsSpan(0, start), text, Text.AsSpan(start + length));
        Cursor = start + text.Length;
    }

    internal void Left() => Cursor = Before(Cursor);

    internal void Right() => Cursor = After(Cursor);

    internal void Home() => Cursor = Cursor == 0 ? 0 : Text.LastIndexOf('\n', Cursor - 1) + 1;

    internal void End() => Cursor = Text.IndexOf('\n', Cursor) is var end && end < 0 ? Text.Length : end;

    internal void WordLeft() => Cursor = WordStart();

    internal void WordRight() => Cursor = WordEnd();

    internal void Backspace() => Cut(Before(Cursor), Cursor);

    internal void Delete() => Cut(Cursor, After(Cursor));

    internal void KillToEnd()
    {
        int start = Cursor;
        End();
        Kill(start, Cursor == start ? After(start) : Cursor);
    }

    internal void KillToStart()
    {
        int end = Cursor;
        Home();
        Kill(Cursor, end);
    }

    internal void KillWordBack() => Kill(WordStart(), Cursor);

    internal void KillWordForward() => Kill(Cursor, WordEnd());

    internal void Yank() => Insert(_killed);

    /// <summary>Moves a line up or down within a text of several lines; false when there is no such line.</summary>
    internal bool MoveLine(int direction)
    {
        int start = Cursor == 0 ? 0 : Text.LastIndexOf('\n', Cursor - 1) + 1;
        int column = Cursor - start;
        if (direction < 0)
        {
            if (start == 0)
            {
                return false;
            }

            int previous = start < 2 ? 0 : Text.LastIndexOf('\n', start - 2) + 1;
            Cursor = Math.Min(previous + column, start - 1);
            return true;
        }

        int end = Text.IndexOf('\n', Cursor);
        if (end < 0)
        {
            return false;
        }

        int after = Text.IndexOf('\n', end + 1);
        Cursor = Math.Min(end + 1 + column, after < 0 ? Text.Length : after);
        return true;
    }

    private void Kill(int start, int end)
    {
        if (end > start)
        {
            _killed = Text[start..end];
            Cut(start, end);
        }
    }

    private void Cut(int start, int end)
    {
        Text = Text.Remove(start, end - start);
        Cursor = start;
    }

    private int After(int index) => index >= Text.Length ? Text.Length : index + StringInfo.GetNextTextElementLength(Text, index);

    private int Before(int index)
    {
        int position = 0;
        while (position < index)
        {
            int next = After(position);
            if (next >= index)
            {
                break;
            }

            position = next;
        }

        return position;
    }

    private int WordStart()
    {
        int at = Cursor;
        while (at > 0 && !IsWord(Text[at - 1]))
        {
            at--;
        }

        while (at > 0 && IsWord(Text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private int WordEnd()
    {
        int at = Cursor;
        while (at < Text.Length && !IsWord(Text[at]))
        {
            at++;
        }

        while (at < Text.Length && IsWord(Text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_' || char.IsSurrogate(c);
}
