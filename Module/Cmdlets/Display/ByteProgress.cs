using System.Diagnostics;
using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Progress of one operation in bytes. The engine reports on the thread that called it, which is the pipeline's.</summary>
internal sealed class ByteProgress(Cmdlet cmdlet, string activity, Func<(long Done, long Total)>? share = null)
    : IProgress<long>, IDisposable
{
    private const int ActivityId = 1;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private long _shown = Stopwatch.GetTimestamp();

    private bool _any;

    public void Report(long value)
    {
        if (Stopwatch.GetElapsedTime(_shown) < s_interval)
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        _any = true;
        ProgressRecord record = new(ActivityId, activity, ByteSize.Format(value));
        if (share?.Invoke() is (long done, long total) && total > 0)
        {
            record.PercentComplete = (int)Math.Clamp(done * 100 / total, 0, 100);
        }

        cmdlet.WriteProgress(record);
    }

    public void Dispose()
    {
        if (_any && !cmdlet.Stopping)
        {
            cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
    }
}
