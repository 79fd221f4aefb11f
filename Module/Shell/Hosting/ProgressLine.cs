using System.Management.Automation;
using System.Text;
using Containers.Shell.Terminal;

namespace Containers.Shell.Hosting;

/// <summary>The newest progress report as one line at the bottom, erased before anything else is written. Terminals only.</summary>
internal sealed class ProgressLine(TerminalDevice device)
{
    private const long RedrawMilliseconds = 80;

    private readonly SortedDictionary<int, ProgressRecord> _active = [];
    private bool _shown;
    private long _drawn;

    internal void Report(ProgressRecord record)
    {
        if (!device.ErrorIsTerminal)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            _active.Remove(record.ActivityId);
            Erase();
            return;
        }

        bool first = !_active.ContainsKey(record.ActivityId);
        _active[record.ActivityId] = record;
        if (first || Environment.TickCount64 - _drawn >= RedrawMilliseconds)
        {
            _drawn = Environment.TickCount64;
            _shown = true;
            device.Error.Write("\r\e[K" + Text(record, device.Size.Width - 1));
        }
    }

    internal void Erase()
    {
        if (_shown)
        {
            _shown = false;
            device.Error.Write("\r\e[K");
        }
    }

    /// <summary>Activity, bar, per cent, status; cut to the width.</summary>
    internal static string Text(ProgressRecord record, int width)
    {
        const int Bar = 20;
        StringBuilder text = new(record.Activity);
        if (record.PercentComplete >= 0)
        {
            int done = Math.Min(100, record.PercentComplete) * Bar / 100;
            text.Append(" [").Append('#', done).Append(' ', Bar - done).Append("] ").Append(record.PercentComplete).Append('%');
        }

        if (record.SecondsRemaining >= 0)
        {
            text.Append(' ').Append(TimeSpan.FromSeconds(record.SecondsRemaining).ToString("c", null));
        }

        text.Append(' ').Append(record.StatusDescription).Append(' ').Append(record.CurrentOperation);
        string plain = string.Concat(text.ToString().TrimEnd().Select(c => char.IsControl(c) ? ' ' : c));
        while (CellWidth.Of(plain) > width && plain.Length > 0)
        {
            plain = plain[..^1];
        }

        return plain;
    }
}
