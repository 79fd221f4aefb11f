using System.Text;
using Containers.Engine.Lifecycle;

namespace Containers.Engine.Building.Execution;

/// <summary>Cuts a step's output into lines, as they come, and keeps the last ones.</summary>
internal sealed class OutputLines(Action<string> take, int keep)
{
    private const int LongestLine = 64 * 1024;

    private readonly StreamLines _out = new();
    private readonly StreamLines _error = new();
    private readonly Queue<string> _last = new();

    internal IReadOnlyCollection<string> Last => _last;

    internal void Take(OutputChunk chunk) => (chunk.Stream == LogStream.Stdout ? _out : _error).Add(chunk.Data.Span, Emit);

    internal void End()
    {
        _out.End(Emit);
        _error.End(Emit);
    }

    private void Emit(string line)
    {
        if (_last.Count == keep)
        {
            _last.Dequeue();
        }

        _last.Enqueue(line);
        take(line);
    }

    /// <summary>One stream: a character may be cut between two pieces.</summary>
    private sealed class StreamLines
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private readonly StringBuilder _line = new();

        internal void Add(ReadOnlySpan<byte> bytes, Action<string> emit)
        {
            char[] chars = new char[_decoder.GetCharCount(bytes, flush: false)];
            int count = _decoder.GetChars(bytes, chars, flush: false);
            foreach (char c in chars.AsSpan(0, count))
            {
                if (c == '\n' || _line.Length >= LongestLine)
                {
                    Flush(emit);
                }

                if (c != '\n')
                {
                    _line.Append(c);
                }
            }
        }

        internal void End(Action<string> emit)
        {
            if (_line.Length > 0)
            {
                Flush(emit);
            }
        }

        private void Flush(Action<string> emit)
        {
            string line = _line.ToString().TrimEnd('\r');

            // A progress bar draws over itself: what a person saw last is what counts.
            int redrawn = line.LastIndexOf('\r');
            emit(redrawn < 0 ? line : line[(redrawn + 1)..]);
            _line.Clear();
        }
    }
}
