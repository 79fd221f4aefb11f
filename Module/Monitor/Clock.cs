using Containers.Engine.Linux;

namespace Containers.Monitor;

internal static unsafe class Clock
{
    /// <summary>Nanoseconds since 1970, UTC.</summary>
    internal static long Now() => Read(Libc.CLOCK_REALTIME);

    /// <summary>Milliseconds of a clock that never jumps: for time-outs.</summary>
    internal static long Milliseconds() => Read(Libc.CLOCK_MONOTONIC) / 1_000_000;

    private static long Read(int clock)
    {
        Libc.timespec time;
        Libc.clock_gettime(clock, &time);
        return (time.tv_sec * 1_000_000_000) + time.tv_nsec;
    }
}
