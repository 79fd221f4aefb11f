using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Xunit;

namespace Containers.Engine.Tests.Launch;

/// <summary>
/// Reads the written plan as the monitor does: header at 0, offsets as pointers, relocations that name every one
/// of them.
/// </summary>
public unsafe class PlanWriterTests
{
    private static byte[] Write(Func<ContainerSpec, ContainerSpec>? change = null) =>
        PlanWriter.Write(LaunchPlanCompiler.Compile(PlanInput.Of((change ?? (s => s))(PlanInput.Spec()))));

    private static string Text(byte[] file, void* offset) =>
        Encoding.UTF8.GetString(file.AsSpan((int)offset)[..file.AsSpan((int)offset).IndexOf((byte)0)]);

    private static List<string> List(byte[] file, void* offset)
    {
        List<string> texts = [];
        for (int at = (int)offset; BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)) is > 0 and ulong text; at += sizeof(ulong))
        {
            texts.Add(Text(file, (void*)text));
        }

        return texts;
    }

    [Fact]
    public void The_header_says_what_the_file_is()
    {
        byte[] file = Write();
        PlanHeader header = MemoryMarshal.Read<PlanHeader>(file);
        Assert.Equal((PlanFormat.Magic, PlanFormat.Version, (uint)file.Length), (header.Magic, header.Version, header.Size));
        Assert.Equal("CPLN"u8, file.AsSpan(0, 4));
        Assert.Equal(PlanInput.Id, Text(file, header.ContainerId));
        Assert.Equal("/data/names/web", Text(file, header.NameFile));
        Assert.Equal(15, header.StopSignal);
        Assert.Equal(10_000u, header.StopTimeoutMilliseconds);
        Assert.True(header.PidNamespace == null && header.MonitorCgroupFiles == null && header.CgroupKillFile == null);
    }

    [Fact]
    public void Steps_carry_their_texts_and_lists()
    {
        byte[] file = Write(s => s with { Process = new ProcessSpec { Command = ["/bin/echo", "ä\t\"", ""] } });
        PlanHeader header = MemoryMarshal.Read<PlanHeader>(file);
        ReadOnlySpan<PlanStepData> steps = MemoryMarshal.Cast<byte, PlanStepData>(file.AsSpan((int)header.Steps))[..(int)header.StepCount];
        PlanStepData last = steps[^1];
        Assert.Equal(PlanOpcode.Execute, last.Code);
        Assert.Equal(["/bin/echo", "ä\t\"", ""], List(file, last.List1));
        Assert.Contains("PATH=/bin", List(file, last.List2));
        foreach (PlanStepData step in steps)
        {
            if (step.Code == PlanOpcode.Mount)
            {
                Assert.Equal("overlay", Text(file, step.Text1));
                Assert.Equal("lowerdir=a,upperdir=b,workdir=c", Text(file, step.List1));
            }
        }
    }

    [Fact]
    public void Every_relocation_is_an_aligned_place_that_holds_an_offset_inside_the_file()
    {
        byte[] file = Write();
        PlanHeader header = MemoryMarshal.Read<PlanHeader>(file);
        ReadOnlySpan<uint> relocations =
            MemoryMarshal.Cast<byte, uint>(file.AsSpan((int)header.RelocationOffset))[..(int)header.RelocationCount];
        Assert.True(relocations.Length > 100);
        HashSet<uint> seen = [];
        foreach (uint place in relocations)
        {
            Assert.True(seen.Add(place), $"{place} is named twice");
            Assert.Equal(0u, place % 8);
            Assert.InRange(BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan((int)place)), 1UL, (ulong)file.Length - 1);
        }

        // The other way round: each pointer of the header that is set is named.
        Assert.Contains((uint)Marshal.OffsetOf<PlanHeader>(nameof(PlanHeader.Steps)), seen);
        Assert.Contains((uint)Marshal.OffsetOf<PlanHeader>(nameof(PlanHeader.RunDirectory)), seen);
        Assert.DoesNotContain((uint)Marshal.OffsetOf<PlanHeader>(nameof(PlanHeader.PidNamespace)), seen);
    }

    [Fact]
    public void What_is_undone_and_held_is_in_the_header()
    {
        LaunchInput input = PlanInput.Of(PlanInput.Spec()) with
        {
            NetworkLockFile = "/run/x/network.lock",
            NetworkUndo = [new PlanUndo("/sbin/a", ["-w", "10"], "/run/x/a"), new PlanUndo("/sbin/b", [], "/run/x/b")],
            Ports = [HostPort.Of("tcp", IPAddress.Any, 80), HostPort.Of("sctp", IPAddress.Parse("2001:db8::1"), 65535)],
        };
        byte[] file = PlanWriter.Write(LaunchPlanCompiler.Compile(input));
        PlanHeader header = MemoryMarshal.Read<PlanHeader>(file);
        Assert.Equal("/run/x/network.lock", Text(file, header.NetworkLockFile));
        Span<PlanUndoData> undo =
            MemoryMarshal.Cast<byte, PlanUndoData>(file.AsSpan((int)header.NetworkUndo))[..(int)header.NetworkUndoCount];
        Assert.Equal(2, undo.Length);
        Assert.Equal(("/sbin/a", "/run/x/a"), (Text(file, undo[0].Program), Text(file, undo[0].Script)));
        Assert.Equal(["a", "-w", "10"], List(file, undo[0].Arguments));
        Assert.Equal(["b"], List(file, undo[1].Arguments));
        Span<PlanPort> ports = MemoryMarshal.Cast<byte, PlanPort>(file.AsSpan((int)header.Ports))[..(int)header.PortCount];
        Assert.Equal(["80/tcp", "65535/sctp of 2001:db8::1"], ports.ToArray().Select(HostPort.Describe));
        Assert.Equal(24, sizeof(PlanPort));
    }

    [Fact]
    public void A_nul_character_is_refused() => Assert.Equal(
        "InvalidCharacter",
        Assert.Throws<EngineException>(() => Write(s => s with { Process = new ProcessSpec { Command = ["a\0b"] } })).ErrorId);

    [Fact]
    public void A_plan_that_no_monitor_would_load_is_refused() => Assert.Equal(
        "LaunchPlanTooLarge",
        Assert.Throws<EngineException>(() =>
            Write(s => s with { Process = new ProcessSpec { Command = ["a", new string('x', 17 << 20)] } })).ErrorId);
}
