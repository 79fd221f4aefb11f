using System.Management.Automation;

namespace Containers.Shell.Hosting;

/// <summary>The lines of standard input as pipeline input. Reads ahead a little, never all: the input may be endless.</summary>
internal sealed class StandardInput : IDisposable
{
    private const int Ahead = 1000;

    private readonly CancellationTokenSource _ended = new();

    internal StandardInput(TextReader reader)
    {
        // A background thread: a read that never returns must not keep the process alive.
        new Thread(() => Pump(reader)) { IsBackground = true, Name = "standard input" }.Start();
    }

    internal PSDataCollection<PSObject> Lines { get; } = [];

    public void Dispose() => _ended.Cancel();

    private void Pump(TextReader reader)
    {
        CancellationToken ended = _ended.Token;
        try
        {
            while (!ended.IsCancellationRequested && reader.ReadLine() is { } line)
            {
                while (Lines.Count >= Ahead && !ended.WaitHandle.WaitOne(1))
                {
                }

                if (Lines.IsOpen)
                {
                    Lines.Add(PSObject.AsPSObject(line));
                }
            }
        }
        finally
        {
            Lines.Complete();
        }
    }
}
