using System.Diagnostics;
using System.Text;
using Containers.Engine.Linux;
using Xunit;
using Xunit.Abstractions;

namespace Containers.Engine.Tests.Linux;

/// <summary>Counts the descriptors of the whole process: not while other tests open some.</summary>
[Collection("alone")]
public class ChildProcessTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(20);

    private static ChildResult Shell(string script, byte[]? input = null, int maximum = 1 << 20) =>
        ChildProcess.Run("/bin/sh", ["-c", script], input, s_time, default, maximum);

    [Fact]
    public void Output_error_and_exit_code_come_back()
    {
        ChildResult result = Shell("echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n", "err\n", false), (result.ExitCode, result.OutputText, result.ErrorText, result.Truncated));
    }

    [Fact]
    public void A_large_input_comes_out_again()
    {
        byte[] input = new byte[3_000_000];
        new Random(7).NextBytes(input);
        Assert.Equal(input, Shell("cat", input, 4_000_000).Output);
    }

    [Fact]
    public void What_a_program_started_ends_with_it_when_nobody_wants_it_any_more()
    {
        string file = Path.GetTempFileName();
        try
        {
            using CancellationTokenSource source = new(400);
            Assert.Throws<OperationCanceledException>(
                () => ChildProcess.Run("/bin/sh", ["-c", "sleep 300 & echo $! >\"$0\"; wait", file], default, s_time, source.Token));
            string child = $"/proc/{File.ReadAllText(file).Trim()}";
            for (int i = 0; i < 200 && IsAlive(child); i++)
            {
                Thread.Sleep(10);
            }

            Assert.False(IsAlive(child));
        }
        finally
        {
            File.Delete(file);
        }

        // Dead ones wait for whoever inherited them.
        static bool IsAlive(string process)
        {
            try
            {
                return !File.ReadAllText(process + "/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Without_input_there_is_none_to_wait_for() => Assert.Equal("", Shell("cat").OutputText);

    [Fact]
    public void What_is_more_than_asked_for_is_dropped_and_said()
    {
        ChildResult result = Shell("yes | head -c 500000; echo short >&2", null, 1000);
        Assert.Equal((0, 1000, "short\n", true), (result.ExitCode, result.Output.Length, result.ErrorText, result.Truncated));
    }

    [Fact]
    public void A_signal_counts_as_in_a_shell() => Assert.Equal(137, Shell("kill -9 $$").ExitCode);

    [Fact]
    public void The_environment_is_small_and_arguments_arrive_as_they_are()
    {
        ChildResult result = ChildProcess.Run("/bin/sh", ["-c", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort; printf '<%s>' \"$@\"",
            "x", "a b", "", "$(id)\n"], default, s_time, default);
        Assert.Equal("LC_ALL=C\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n<a b><><$(id)\n>", result.OutputText);
    }

    [Fact]
    public void A_program_that_does_not_end_in_time_is_killed()
    {
        using ChildProcess child = ChildProcess.Start("/bin/sh", ["-c", "echo $$; exec >&- 2>&-; exec sleep 60"]);
        Stopwatch clock = Stopwatch.StartNew();
        Assert.Throws<TimeoutException>(() => child.Wait(TimeSpan.FromMilliseconds(200), default));
        child.Dispose();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.1, 15);
    }

    [Fact]
    public void A_cancelled_wait_ends_and_kills_the_program()
    {
        using CancellationTokenSource source = new(150);
        string file = Path.GetTempFileName();
        try
        {
            Assert.Throws<OperationCanceledException>(
                () => ChildProcess.Run("/bin/sh", ["-c", $"echo $$ > {file}; exec sleep 60"], default, s_time, source.Token));
            Assert.False(Directory.Exists($"/proc/{File.ReadAllText(file).Trim()}"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_missing_program_and_a_relative_path_are_refused()
    {
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => ChildProcess.Start("/nonexistent/x", [])).Errno);
        Assert.Throws<ArgumentException>(() => ChildProcess.Start("sh", []));
        Assert.Throws<ArgumentException>(() => ChildProcess.Start("/bin/sh", ["a\0b"]));
    }

    [Fact]
    public void No_descriptor_stays_open_and_none_is_inherited()
    {
        Shell("true");
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        const string List = "for f in /proc/self/fd/*; do readlink $f; done | grep -c -e memfd: -e eventfd";
        string[] children = [.. Enumerable.Range(0, 50).Select(_ => Shell(List, "x"u8.ToArray()).OutputText.Trim())];

        // The input alone; what the tests' own parent left open is not ours to count.
        Assert.All(children, count => Assert.Equal("1", count));
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, before + 20);
    }

    [Fact]
    public void Several_run_while_the_caller_does_other_things()
    {
        ChildProcess[] children = [.. Enumerable.Range(0, 5).Select(i => ChildProcess.Start("/bin/sh", ["-c", $"cat; echo {i}"],
            Encoding.ASCII.GetBytes("in ")))];
        Assert.Equal(["in 0\n", "in 1\n", "in 2\n", "in 3\n", "in 4\n"], children.Select(c => c.Wait(s_time, default).OutputText));
        Array.ForEach(children, c => c.Dispose());
    }

    [SkippableFact]
    public void It_runs_in_the_network_namespace_of_the_calling_thread()
    {
        string mine = ChildProcess.Run("/bin/readlink", ["/proc/self/ns/net"], default, s_time, default).OutputText;
        Networking.Firewall.OwnNamespace.Run(() => Assert.NotEqual(
            mine, ChildProcess.Run("/bin/readlink", ["/proc/self/ns/net"], default, s_time, default).OutputText));
    }

    [Fact]
    public void Starting_a_program_costs_little()
    {
        double[] times = [.. Enumerable.Range(0, 60).Select(_ =>
        {
            long begin = Stopwatch.GetTimestamp();
            ChildProcess.Run("/bin/true", [], default, s_time, default);
            return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }).Order()];
        output.WriteLine($"/bin/true: {times[5]:0.00} ms at best, {times[30]:0.00} ms in the middle");
        Assert.InRange(times[5], 0, 20);
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's word.
public sealed class AloneCollection;
#pragma warning restore CA1711
