using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using Containers.Shell.Terminal;

namespace Containers.Shell.Editing;

/// <summary>One round of completion: the engine's proposals for a place in a text, of which each Tab shows the next.</summary>
internal sealed class TabCompletion
{
    private const int ListBound = 100;

    private readonly CommandCompletion _found;
    private int _length;
    private int _index = -1;

    private TabCompletion(CommandCompletion found)
    {
        _found = found;
        _length = found.ReplacementLength;
    }

    internal int Count => _found.CompletionMatches.Count;

    /// <summary>Asks the engine; null when it has nothing to propose.</summary>
    internal static TabCompletion? Find(Runspace runspace, LineBuffer buffer)
    {
        using PowerShell shell = PowerShell.Create(runspace);
        CommandCompletion found = CommandCompletion.CompleteInput(buffer.Text, buffer.Cursor, null, shell);
        return found.CompletionMatches.Count == 0 ? null : new TabCompletion(found);
    }

    internal void Apply(LineBuffer buffer, int direction)
    {
        _index = _index < 0 && direction < 0 ? Count - 1 : (_index + direction + Count) % Count;
        string text = _found.CompletionMatches[_index].CompletionText;
        buffer.Replace(_found.ReplacementIndex, _length, text);
        _length = text.Length;
    }

    /// <summary>All proposals in columns, as many as fit beside each other.</summary>
    internal string Listing(int width)
    {
        string[] names = [.. _found.CompletionMatches.Take(ListBound).Select(m => m.ListItemText)];
        int column = Math.Min(width, names.Max(n => CellWidth.Of(n)) + 2);
        int columns = Math.Max(1, width / column);
        int rows = (names.Length + columns - 1) / columns;
        StringBuilder text = new();
        for (int row = 0; row < rows; row++)
        {
            for (int i = row; i < names.Length; i += rows)
            {
                text.Append(names[i]).Append(' ', i + rows < names.Length ? Math.Max(1, column - CellWidth.Of(names[i])) : 0);
            }

            text.Append(row < rows - 1 ? "\r\n" : "");
        }

        return Count > ListBound ? text.Append($"\r\n... {Count - ListBound} more").ToString() : text.ToString();
    }
}
