using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// Writes the container's output to numbered files of bounded size and number, or in another's format (<see cref="LineLog"/>). It never blocks the container: what cannot be
/// written (a full disk) is counted and dropped.
/// </summary>
internal unsafe struct LogWriter
{
    private byte* _directory;
    private long _maximumBytes;
    private uint _maximumFiles;
    private uint _number;
    private int _directoryDescriptor;
    private int _file;
    private long _size;
    private ulong _lost;
    private LineLog? _lines;

    /// <summary>Bytes that could not be written.</summary>
    internal readonly ulong Lost => _lines is null ? _lost : _lines.Lost;

    internal static LogWriter Open(PlanHeader* plan)
    {
        LogWriter log = default;
        log._file = -1;
        log._directoryDescriptor = -1;
        if ((plan->Flags & PlanFlags.NoLog) != 0)
        {
            return log;
        }

        if (plan->LogFormat != LogFormat.Records)
        {
            log._lines = plan->LogFormat == LogFormat.Json ? new JsonFileLog(plan) : new JournalLog(plan);
            return log;
        }

        log._directory = plan->LogDirectory;
        log._maximumBytes = (long)plan->LogMaximumBytes;
        log._maximumFiles = plan->LogMaximumFiles;
        log._number = plan->LogNumber;
        log._directoryDescriptor = Libc.openat(
            Libc.AT_FDCWD, log._directory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        log.OpenFile();
        return log;
    }

    /// <param name="record">Room for the header, followed by the data.</param>
    /// <param name="stream">1 stdout, 2 stderr.</param>
    /// <param name="length">Length of the data.</param>
    internal void Write(byte* record, int stream, int length)
    {
        if (_lines is not null)
        {
            _lines.Add(stream, record + sizeof(LogRecordHeader), length);
            return;
        }

        if (_directoryDescriptor < 0)
        {
            return;
        }

        LogRecordHeader* header = (LogRecordHeader*)record;
        header->Magic = LogRecordHeader.RecordMagic;
        header->StreamAndLength = (uint)length | ((uint)stream << 24);
        header->Time = Clock.Now();

        int total = sizeof(LogRecordHeader) + length;
        if (_file < 0)
        {
            OpenFile(); // It could not be opened before: the disk or the table of files was full.
        }
        else if (_size > 0 && _size + total > _maximumBytes)
        {
            Rotate();
        }

        nint written = _file < 0 ? -1 : Libc.write(_file, record, (nuint)total);
        if (written == total)
        {
            _size += total;
            return;
        }

        _lost += (ulong)length;
        if (written > 0)
        {
            Libc.ftruncate(_file, _size); // Half a record would make the next one unreadable.
            Libc.lseek(_file, _size, 0);
        }
    }

    /// <summary>Nothing more comes of this run.</summary>
    internal readonly void EndRun()
    {
        _lines?.End(1);
        _lines?.End(2);
    }

    internal void Close()
    {
        _lines?.Close();
        if (_file >= 0)
        {
            Libc.close(_file);
            _file = -1;
        }

        if (_directoryDescriptor >= 0)
        {
            Libc.close(_directoryDescriptor);
            _directoryDescriptor = -1;
        }
    }

    private void Rotate()
    {
        byte* name = stackalloc byte[16];
        Libc.close(_file);
        _number++;
        if (_number > _maximumFiles)
        {
            Name(name, _number - _maximumFiles);
            Libc.unlinkat(_directoryDescriptor, name, 0);
        }

        OpenFile();
    }

    private void OpenFile()
    {
        byte* name = stackalloc byte[16];
        Name(name, _number);
        _file = Libc.openat(
            _directoryDescriptor, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180); // 0600
        _size = _file < 0 ? 0 : Libc.lseek(_file, 0, 2);
    }

    /// <summary>"00000001.log"</summary>
    private static void Name(byte* name, uint number)
    {
        for (int i = 7; i >= 0; i--)
        {
            name[i] = (byte)('0' + (number % 10));
            number /= 10;
        }

        ReadOnlySpan<byte> suffix = ".log\0"u8;
        suffix.CopyTo(new Span<byte>(name + 8, 8));
    }
}
