using System.Text;
using Containers.Engine.Launch.Seccomp;
using Xunit;

namespace Containers.Engine.Tests.Launch.Seccomp;

public class SeccompProfileTests
{
    [Fact]
    public void Dockers_form_is_read_whole()
    {
        SeccompProfile profile = Parse("""
            {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "$schema": "x", "_note": {"a": 1},
              "archMap": [
                {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
                {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null}],
              "flags": ["SECCOMP_FILTER_FLAG_LOG"],
              "syscalls": [
                {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "comment": "why", "args": null, "includes": {}},
                {"name": "clone", "action": "SCMP_ACT_TRACE", "errnoRet": 65535,
                 "args": [{"index": 5, "value": 18446744073709551615, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ"}],
                 "includes": {"caps": ["CAP_BPF"], "arches": ["amd64"], "minKernel": "4.8"},
                 "excludes": {"caps": ["CAP_KILL"], "minKernel": ""}}]
            }
            """);

        Assert.Equal(new SeccompVerdict(SeccompAction.Errno, 38), profile.DefaultVerdict);
        Assert.Equal(["SCMP_ARCH_X86", "SCMP_ARCH_X32"], profile.ArchitectureMap!["SCMP_ARCH_X86_64"]);
        Assert.Empty(profile.ArchitectureMap["SCMP_ARCH_RISCV64"]);
        Assert.Equal(["SECCOMP_FILTER_FLAG_LOG"], profile.Flags);
        Assert.Equal(["read", "write"], profile.Rules[0].Names);
        Assert.Equal(new SeccompVerdict(SeccompAction.Allow), profile.Rules[0].Verdict);
        SeccompRule second = profile.Rules[1];
        Assert.Equal(["clone"], second.Names);
        Assert.Equal(new SeccompVerdict(SeccompAction.Trace, 65535), second.Verdict);
        Assert.Equal([new SeccompCondition(5, SeccompComparison.MaskedEqual, ulong.MaxValue, 7)], second.Conditions);
        Assert.Equal(["CAP_BPF"], second.Includes.Capabilities);
        Assert.Equal(["amd64"], second.Includes.Architectures);
        Assert.Equal(new Version(4, 8), second.Includes.MinKernel);
        Assert.Equal(["CAP_KILL"], second.Excludes.Capabilities);
        Assert.Null(second.Excludes.MinKernel);
    }

    [Fact]
    public void The_older_form_with_architectures_and_without_errno_is_read()
    {
        SeccompProfile profile = Parse("\uFEFF" + """
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],
             "syscalls":[{"name":"accept","action":"SCMP_ACT_ALLOW","args":[]}]}
            """);

        Assert.Equal(new SeccompVerdict(SeccompAction.Errno, 1), profile.DefaultVerdict);
        Assert.Null(profile.ArchitectureMap);
        Assert.Equal(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], profile.Architectures);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "the profile must be an object")]
    [InlineData("{}", "defaultAction is missing")]
    [InlineData("""{"defaultAction":1}""", "defaultAction must be a string")]
    [InlineData("""{"defaultAction":"\ud800"}""", "defaultAction is no valid text")]
    [InlineData("""{"defaultAction":"SCMP_ACT_DENY"}""", "defaultAction is 'SCMP_ACT_DENY'")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_LOG"}""", "not JSON")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","DefaultAction":"SCMP_ACT_LOG"}""", "'DefaultAction' twice")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4096}""", "defaultErrnoRet must be a number from 0 to 4095")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"ENOSYS"}""", "defaultErrno is a name without the number")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscall":[]}""", "unknown key 'syscall'")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}""", "syscalls must be an array")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_65"]}""", "architectures[0] is 'SCMP_ARCH_X86_65'")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":[],"archMap":[]}""", "both archMap and architectures")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{}]}""", "archMap[0].architecture is missing")]
    public void A_wrong_profile_is_an_error_that_names_the_place(string json, string part) => AssertInvalid(json, part);

    [Theory]
    [InlineData("""{"names":["a"]}""", "syscalls[1].action is missing")]
    [InlineData("""{"action":"SCMP_ACT_ALLOW"}""", "syscalls[1] must have either names or the older name")]
    [InlineData("""{"name":"a","names":["a"],"action":"SCMP_ACT_ALLOW"}""", "syscalls[1] must have either")]
    [InlineData("""{"names":"a","action":"SCMP_ACT_ALLOW"}""", "syscalls[1].names must be an array")]
    [InlineData("""{"names":["a",3],"action":"SCMP_ACT_ALLOW"}""", "syscalls[1].names[1] must be a string")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","arg":[]}""", "syscalls[1] has the unknown key 'arg'")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":-1}""", "syscalls[1].errnoRet must be a number")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":"1"}""", "syscalls[1].errnoRet must be a number")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[null]}""", "syscalls[1].args[0] must be an object")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}""", "args[0].index is 6")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_XX"}]}""",
        "args[0].op is 'SCMP_CMP_XX'")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1}]}""", "args[0].op is missing")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"op":"SCMP_CMP_EQ"}]}""", "args[0].value is missing")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1.5,"op":"SCMP_CMP_EQ"}]}""",
        "args[0].value must be a whole")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]}""",
        "args[0].value must be a whole")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4"}}""", "includes.minKernel is '4'")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8.1"}}""", "includes.minKernel is '4.8.1'")]
    [InlineData("""{"names":["a"],"action":"SCMP_ACT_ALLOW","excludes":{"cap":[]}}""", "syscalls[1].excludes has the unknown key 'cap'")]
    public void A_wrong_rule_is_an_error_that_names_the_place(string rule, string part) => AssertInvalid(
        """{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["b"],"action":"SCMP_ACT_ALLOW"},""" + rule + "]}", part);

    [Fact]
    public void A_profile_of_more_than_a_mebibyte_is_refused_unread()
    {
        string filled = """{"defaultAction":"SCMP_ACT_ALLOW"}""".PadRight(1 << 20);

        Assert.Equal(SeccompAction.Allow, Parse(filled).DefaultVerdict.Action);
        AssertInvalid(filled + " ", "1048577 bytes");
    }

    private static SeccompProfile Parse(string json) => SeccompProfile.Parse(Encoding.UTF8.GetBytes(json));

    private static void AssertInvalid(string json, string part)
    {
        EngineException e = Assert.Throws<EngineException>(() => Parse(json));

        Assert.Equal((EngineErrorKind.InvalidData, "InvalidSeccompProfile"), (e.Kind, e.ErrorId));
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }
}
