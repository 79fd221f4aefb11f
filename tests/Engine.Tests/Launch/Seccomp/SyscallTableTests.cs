using System.Text.RegularExpressions;
using Containers.Engine.Launch.Seccomp;
using Xunit;

namespace Containers.Engine.Tests.Launch.Seccomp;

public partial class SyscallTableTests
{
    [SkippableTheory]
    [InlineData("unistd_64.h", nameof(SyscallAbi.X64))]
    [InlineData("unistd_x32.h", nameof(SyscallAbi.X32))]
    [InlineData("unistd_32.h", nameof(SyscallAbi.X86))]
    public void The_numbers_are_those_of_the_kernel_headers(string header, string abi)
    {
        string path = Path.Combine("/usr/include/x86_64-linux-gnu/asm", header);
        Skip.IfNot(File.Exists(path), $"{path} is not installed");
        SyscallAbi column = Enum.Parse<SyscallAbi>(abi);

        int checkedCalls = 0;
        foreach (Match match in Definition().Matches(File.ReadAllText(path)))
        {
            string name = match.Groups["name"].Value;
            uint number = uint.Parse(match.Groups["number"].Value) | (column == SyscallAbi.X32 ? SyscallTable.X32Bit : 0);
            if (SyscallTable.Names.Contains(name))
            {
                Assert.True(SyscallTable.TryGetNumber(name, column, out uint ours), name);
                Assert.Equal((name, number), (name, ours));
                checkedCalls++;
            }
        }

        Assert.InRange(checkedCalls, 330, 600);
    }

    [Theory]
    [InlineData("read", 63, 3)]
    [InlineData("clone", 220, 120)]
    [InlineData("clone3", 435, 435)]
    [InlineData("socket", 198, 281)]
    [InlineData("unshare", 97, 337)]
    [InlineData("bpf", 280, 386)]
    [InlineData("set_tls", null, 0xf0005)]
    [InlineData("open", null, 5)]
    [InlineData("socketcall", null, null)]
    public void The_numbers_of_arm_are_those_of_its_tables(string name, int? arm64, int? arm)
    {
        Assert.Equal(arm64, SyscallTable.TryGetNumber(name, SyscallAbi.Arm64, out uint wide) ? (int)wide : null);
        Assert.Equal(arm, SyscallTable.TryGetNumber(name, SyscallAbi.Arm, out uint narrow) ? (int)narrow : null);
    }

    [Fact]
    public void No_two_calls_of_an_abi_share_a_number_but_known_aliases()
    {
        foreach (SyscallAbi abi in Enum.GetValues<SyscallAbi>())
        {
            var shared = SyscallTable.Names
                .Where(name => SyscallTable.TryGetNumber(name, abi, out _))
                .GroupBy(name => CompiledFilter.Number(abi, name))
                .Where(group => group.Count() > 1)
                .SelectMany(group => group.Order());

            Assert.Equal(abi == SyscallAbi.Arm ? ["arm_sync_file_range", "sync_file_range2"] : [], shared);
        }
    }

    [GeneratedRegex(@"^#define __NR_(?<name>\w+) (?:\(__X32_SYSCALL_BIT \+ )?(?<number>\d+)\)?\s*$", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
