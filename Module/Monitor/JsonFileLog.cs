using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// Docker's json-file: {"log":"text\n","stream":"stdout","time":"2026-02-28T14:30:07.594000000Z"} a line, in ID-json.log; older files are
/// ID-json.log.1 and so on. A record without \n at the end of its text goes on in the next one of its stream.
/// </summary>
internal sealed unsafe class JsonFileLog : LineLog
{
    /// <summary>A record: each byte of a line may take six.</summary>
    private const int LongestRecord = (LongestLine * 6) + 256;

    private const int BufferSize = 64 << 10;

    private readonly int _directory;
    private readonly byte* _name;
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(BufferSize + LongestRecord);
    private readonly long _maximumBytes;
    private readonly uint _maximumFiles;
    private int _length;
    private int _file = -1;
    private long _size;

    internal JsonFileLog(PlanHeader* plan)
    {
        _maximumBytes = (long)plan->LogMaximumBytes;
        _maximumFiles = plan->LogMaximumFiles;
        _directory = Libc.openat(Libc.AT_FDCWD, plan->LogDirectory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        int id = PathText.Length(plan->ContainerId);
        ReadOnlySpan<byte> suffix = "-json.log\0"u8;
        _name = (byte*)NativeMemory.Alloc((nuint)(id + suffix.Length));
        new ReadOnlySpan<byte>(plan->ContainerId, id).CopyTo(new Span<byte>(_name, id));
        suffix.CopyTo(new Span<byte>(_name + id, suffix.Length));
        OpenFile();
    }

    internal override void Close()
    {
        if (_file >= 0)
        {
            Libc.close(_file);
            _file = -1;
        }
    }

    protected override void Write(int stream, byte* data, int length, bool whole, long time)
    {
        Put("{\"log\":\""u8);
        PutText(new ReadOnlySpan<byte>(data, length));
        Put(whole ? "\\n\",\"stream\":\"std"u8 : "\",\"stream\":\"std"u8);
        Put(stream == 1 ? "out\",\"time\":\""u8 : "err\",\"time\":\""u8);
        PutTime(time);
        Put("\"}\n"u8);
        if (_length >= BufferSize)
        {
            Flush();
        }
    }

    protected override void Flush()
    {
        if (_length == 0)
        {
            return;
        }

        int length = _length;
        _length = 0;
        if (_file < 0)
        {
            OpenFile(); // It could not be opened before: the disk or the table of files was full.
        }
        else if (_size > 0 && _size + length > _maximumBytes)
        {
            Rotate();
        }

        nint written = _file < 0 ? -1 : Libc.write(_file, _buffer, (nuint)length);
        if (written == length)
        {
            _size += length;
            return;
        }

        Lost += (ulong)length;
        if (written > 0)
        {
            Libc.ftruncate(_file, _size); // Half a record would spoil the next one.
        }
    }

    private void OpenFile()
    {
        _file = Libc.openat(
            _directory, _name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180); // 0600
        _size = _file < 0 ? 0 : Libc.lseek(_file, 0, 2);
    }

    /// <summary>The last one goes, each takes the next number, and a new one begins: as docker does, whose readers follow it that way.</summary>
    private void Rotate()
    {
        Libc.close(_file);
        int length = PathText.Length(_name);
        byte* from = stackalloc byte[length + 16];
        byte* to = stackalloc byte[length + 16];
        if (_maximumFiles == 1)
        {
            Libc.unlinkat(_directory, _name, 0);
        }

        for (uint number = _maximumFiles - 1; number >= 1; number--)
        {
            Numbered(to, length, number);
            Numbered(from, length, number - 1);
            Libc.renameat(_directory, from, _directory, to);
        }

        OpenFile();
    }

    private void Numbered(byte* target, int length, uint number)
    {
        new ReadOnlySpan<byte>(_name, length).CopyTo(new Span<byte>(target, length));
        if (number > 0)
        {
            target[length++] = (byte)'.';
            length += JsonText.Digits(target + length, number);
        }

        target[length] = 0;
    }

    private void Put(ReadOnlySpan<byte> text)
    {
        text.CopyTo(new Span<byte>(_buffer + _length, text.Length));
        _length += text.Length;
    }

    private void PutText(ReadOnlySpan<byte> text) => _length += JsonText.Escape(_buffer + _length, text);

    /// <summary>RFC 3339 with nine digits, UTC.</summary>
    private void PutTime(long nanoseconds)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(nanoseconds / 100);
        Digits(time.Year, 4, '-');
        Digits(time.Month, 2, '-');
        Digits(time.Day, 2, 'T');
        Digits(time.Hour, 2, ':');
        Digits(time.Minute, 2, ':');
        Digits(time.Second, 2, '.');
        Digits(nanoseconds % 1_000_000_000, 9, 'Z');
    }

    private void Digits(long value, int count, char end)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            _buffer[_length + i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        _length += count;
        _buffer[_length++] = (byte)end;
    }
}
