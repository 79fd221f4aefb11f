using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Reads back what went to the systemd journal (<see cref="Launch.JournalFields"/>) through journalctl, the only reader of its files that keeps up with
/// their format. Each look is one run of it that begins after the last message seen. Messages count only when the journal itself says that root sent them
/// (systemd.journal-fields(7), trusted fields): anybody may write that he is a container.
/// </summary>
internal sealed class JournalLogReader(string program, string id, string container, LogQuery query, Func<bool> ended)
    : LogReader("", container, query, ended)
{
    private const int BatchLines = 512;
    private const string ErrorPriority = "3";
    private static readonly TimeSpan s_syncTime = TimeSpan.FromSeconds(10);

    private readonly MemoryStream[] _partial = [new(), new(), new()];
    private readonly DateTimeOffset[] _partialTime = new DateTimeOffset[3];
    private string? _cursor;

    /// <returns>The program; null where there is none.</returns>
    internal static string? Find() => Array.Find(["/usr/bin/journalctl", "/bin/journalctl"], File.Exists);

    private protected override IEnumerable<List<ContainerLogEntry>?> Walk(CancellationToken cancellation)
    {
        int pause = 50;
        while (true)
        {
            // Asked before reading: what is written between the two is read in the next round.
            bool last = !Query.Follow || Query.Until < DateTimeOffset.UtcNow || Ended();
            bool pauses = !last && Pauses();
            if (last)
            {
                Settle(cancellation);
            }

            bool progress = false;
            foreach (List<ContainerLogEntry> batch in Look(cancellation))
            {
                progress = true;
                yield return batch;
            }

            if (last)
            {
                yield return Rest();
                yield return null;
                yield break;
            }

            if (pauses && !progress)
            {
                yield return Rest();
            }

            yield return null;
            pause = progress ? 50 : Math.Min(pause * 2, 800); // Each look is a process.
            cancellation.WaitHandle.WaitOne(pause);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The journal takes what lies in its socket in its own time. Where nothing serves it any more there is nothing to wait for.</summary>
    private void Settle(CancellationToken cancellation)
    {
        try
        {
            ChildProcess.Run(program, ["--sync"], default, s_syncTime, cancellation);
        }
        catch (TimeoutException)
        {
            // It hangs; what it has written can be read all the same.
        }
    }

    private IEnumerable<List<ContainerLogEntry>> Look(CancellationToken cancellation)
    {
        // With all three redirected .NET leaves the terminal's mode alone.
        ProcessStartInfo start = new(program)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in (string[])["--output=json", "--all", "--quiet", "--no-pager", "--output-fields=MESSAGE,PRIORITY,CONTAINER_PARTIAL_MESSAGE"])
        {
            start.ArgumentList.Add(argument);
        }

        if (_cursor is not null)
        {
            start.ArgumentList.Add("--after-cursor=" + _cursor);
        }

        start.ArgumentList.Add("CONTAINER_ID_FULL=" + id);
        start.ArgumentList.Add("_UID=0");
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        StringBuilder errors = new();
        process.ErrorDataReceived += (_, e) => errors.AppendLine(e.Data);
        process.BeginErrorReadLine();
        using CancellationTokenRegistration registration = cancellation.Register(process.Kill);
        bool read = false;
        try
        {
            List<ContainerLogEntry> batch = [];
            while (process.StandardOutput.ReadLine() is { } line)
            {
                Take(line, batch);
                if (batch.Count >= BatchLines)
                {
                    yield return batch;
                    batch = [];
                }
            }

            process.WaitForExit();
            read = true;
            if (batch.Count > 0)
            {
                yield return batch;
            }
        }
        finally
        {
            if (!read)
            {
                process.Kill();
                process.WaitForExit();
            }
        }

        cancellation.ThrowIfCancellationRequested();

        // It ends with 1 where nothing fits, too, and then has nothing to say.
        if (process.ExitCode != 0 && errors.ToString().Trim() is { Length: > 0 } problem)
        {
            throw new EngineException(
                EngineErrorKind.ReadError, "LogNotReadable", $"The systemd journal cannot be read: {problem}", Container, $"Run: journalctl CONTAINER_ID_FULL={id}");
        }
    }

    private void Take(string line, List<ContainerLogEntry> batch)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement message = document.RootElement;
        _cursor = message.GetProperty("__CURSOR").GetString();
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddTicks(
            long.Parse(message.GetProperty("__REALTIME_TIMESTAMP").GetString()!, CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond);
        LogStream stream = message.TryGetProperty("PRIORITY", out JsonElement priority) && priority.GetString() == ErrorPriority ? LogStream.Stderr : LogStream.Stdout;
        if (Query.Stream is { } only && only != stream)
        {
            return;
        }

        MemoryStream partial = _partial[(int)stream];
        if (partial.Length == 0)
        {
            _partialTime[(int)stream] = time;
        }

        if (message.TryGetProperty("MESSAGE", out JsonElement text))
        {
            partial.Write(Bytes(text));
        }

        if (!message.TryGetProperty("CONTAINER_PARTIAL_MESSAGE", out _))
        {
            Add(stream, batch);
        }
    }

    private void Add(LogStream stream, List<ContainerLogEntry> batch)
    {
        MemoryStream partial = _partial[(int)stream];
        DateTimeOffset time = _partialTime[(int)stream];
        if (Wanted(time))
        {
            batch.Add(new ContainerLogEntry(Container, time, stream, Encoding.UTF8.GetString(partial.GetBuffer(), 0, (int)partial.Length).TrimEnd('\r')));
        }

        partial.SetLength(0);
    }

    private List<ContainerLogEntry> Rest()
    {
        List<ContainerLogEntry> rest = [];
        foreach (LogStream stream in (LogStream[])[LogStream.Stdout, LogStream.Stderr])
        {
            if (_partial[(int)stream].Length > 0)
            {
                Add(stream, rest);
            }
        }

        return rest;
    }

    /// <summary>journalctl(1), json: text, or the bytes as numbers where they are no printable UTF-8; null stands for nothing.</summary>
    private static byte[] Bytes(JsonElement text) => text.ValueKind switch
    {
        JsonValueKind.String => Encoding.UTF8.GetBytes(text.GetString()!),
        JsonValueKind.Array => [.. text.EnumerateArray().Select(one => one.GetByte())],
        _ => [],
    };
}
