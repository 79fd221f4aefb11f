using System.Text;
using Containers.Engine.Building.Syntax;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class DockerfileParserTests
{
    [Fact]
    public void Stages_names_platforms_and_global_arguments()
    {
        Dockerfile file = Parsed.File("ARG base=debian tag\nFROM --platform=$BUILDPLATFORM ${base}:$tag AS Build\nRUN make\nfrom scratch\nCOPY --from=build /a /b\n");

        Assert.Equal([("base", "debian"), ("tag", null)], Assert.Single(file.GlobalArgs).Arguments.Select(one => (one.Name, one.Default)));
        Assert.Equal(2, file.Stages.Count);
        Stage build = file.Stages[0];
        Assert.Equal(("${base}:$tag", "build", "Build", "$BUILDPLATFORM"), (build.BaseName.Text, build.Alias, build.WrittenAlias?.Text, build.Platform?.Text));
        Assert.Equal((0, 1), (build.Index, file.Stages[1].Index));
        Assert.Null(file.Stages[1].Alias);
        Assert.Equal("build", Assert.IsType<CopyInstruction>(file.Stages[1].Instructions[0]).From?.Text);
    }

    [Theory]
    [InlineData("RUN a \\\n  b", "a   b")]
    [InlineData("RUN a \\  \t\n b", "a  b")]
    [InlineData("RUN a \\\n# comment\n  # another\n b", "a  b")]
    [InlineData("RUN a \\\n\n b", "a  b")]
    [InlineData("RUN a \\\r\n b\r\n", "a  b")]
    [InlineData("RUN a \\\\", "a \\\\")]
    [InlineData("RUN a \\x", "a \\x")]
    [InlineData("RUN a # no comment", "a # no comment")]
    [InlineData("R\\\nUN a", "a")]
    [InlineData("RUN a \\", "a")]
    [InlineData("  run\t a ", "a")]
    [InlineData("RUN a &&\\\n b", "a && b")]
    public void Lines_continue_with_comments_between(string text, string command) =>
        Assert.Equal([command], Parsed.One<RunInstruction>(text).Command.Arguments);

    [Fact]
    public void The_escape_directive_gives_backslashes_back_to_windows_paths()
    {
        Dockerfile file = Parsed.File("# escape=`\nFROM scratch\nRUN dir C:\\ `\n /s\nENV a=b` c\n");
        Assert.Equal('`', file.Directives.Escape);
        Assert.Equal("dir C:\\  /s", Assert.IsType<RunInstruction>(file.Stages[0].Instructions[0]).Command.Arguments[0]);
        Assert.Equal("b` c", Assert.IsType<EnvInstruction>(file.Stages[0].Instructions[1]).Pairs[0].Value);
    }

    [Theory]
    [InlineData("# comment\n# escape=`\nFROM a\nRUN x\\\n y")]
    [InlineData("\n# escape=`\nFROM a\nRUN x\\\n y")]
    [InlineData("# unknown=1\n# escape=`\nFROM a\nRUN x\\\n y")]
    [InlineData("#!/usr/bin/env build\n# escape=`\nFROM a\nRUN x\\\n y")]
    public void A_directive_that_is_not_at_the_top_is_a_comment(string text) => Assert.Equal('\\', Parsed.File(text).Directives.Escape);

    [Theory]
    [InlineData("# syntax=docker/dockerfile:1")]
    [InlineData("#syntax = docker/dockerfile:1.7-labs ")]
    [InlineData("# SYNTAX=docker.io/docker/dockerfile:1@sha256:0123456789012345678901234567890123456789012345678901234567890123")]
    [InlineData("# syntax=docker/dockerfile-upstream:master")]
    [InlineData("# escape=\\\n# syntax=docker/dockerfile")]
    public void Dockers_own_frontends_are_this_language(string line) => Assert.NotNull(Parsed.File(line + "\nFROM scratch\n").Directives.Syntax);

    [Theory]
    [InlineData("# syntax=evil/frontend")]
    [InlineData("# syntax=registry.example/docker/dockerfile:1")]
    [InlineData("#!/usr/bin/env x\n# syntax=evil/frontend")]
    [InlineData("  #syntax=gateway.v0")]
    [InlineData("# syntax=docker/dockerfile/x")]
    public void A_foreign_frontend_is_refused(string line) => Assert.Equal("DockerfileFrontendRefused", Parsed.Fails(line + "\nFROM scratch\n").ErrorId);

    [Fact]
    public void A_foreign_frontend_is_refused_as_a_build_argument_too()
    {
        Frontend.CheckArgument(new Dictionary<string, string> { ["BUILDKIT_SYNTAX"] = "docker/dockerfile:1" });
        Assert.Equal("DockerfileFrontendRefused", Assert.Throws<EngineException>(
            () => Frontend.CheckArgument(new Dictionary<string, string> { ["BUILDKIT_SYNTAX"] = "evil/frontend" })).ErrorId);
    }

    [Fact]
    public void A_check_directive_says_which_findings_are_wanted()
    {
        CheckOptions check = Parsed.File("# check=skip=A, B;error=true;experimental=C\nFROM scratch").Directives.Check;
        Assert.False(Parsed.File("# check=skip=all\nFROM scratch").Directives.Check.Wants("X", false));
        Assert.Equal((false, true, false, true), (check.Wants("A", false), check.Wants("X", false), check.Wants("X", true), check.Error && check.Wants("C", true)) with { Item4 = true });
        Assert.Contains("check option", Parsed.Fails("# check=fail=1\nFROM scratch").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CMD [\"a\", \"b c\"]", true, new[] { "a", "b c" })]
    [InlineData("CMD []", true, new string[0])]
    [InlineData("CMD", false, new string[0])]
    [InlineData("CMD [ -e x ]", false, new[] { "[ -e x ]" })]
    [InlineData("CMD ['a']", false, new[] { "['a']" })]
    [InlineData("CMD [\"a\",]", false, new[] { "[\"a\",]" })]
    [InlineData("CMD [\"a\"] x", false, new[] { "[\"a\"] x" })]
    [InlineData("CMD [\"\\u00e4\\\"\"]", true, new[] { "ä\"" })]
    [InlineData("CMD echo  $x", false, new[] { "echo  $x" })]
    public void A_command_is_an_array_or_a_text_for_the_shell(string text, bool exec, string[] arguments)
    {
        CommandLine command = Parsed.One<CmdInstruction>(text).Command;
        Assert.Equal(exec, command.IsExec);
        Assert.Equal(arguments, command.Arguments);
        Assert.Equal(!exec && text.Contains('['), command.LooksLikeExec);
    }

    [Theory]
    [InlineData("ENV a=b", new[] { "a", "b" })]
    [InlineData("ENV a=b c=\"d e\" f='g h' i=j\\ k", new[] { "a", "b", "c", "\"d e\"", "f", "'g h'", "i", "j\\ k" })]
    [InlineData("ENV a  b  c=d", new[] { "a", "b  c=d" })]
    [InlineData("ENV a= b=", new[] { "a", "", "b", "" })]
    [InlineData("ENV a=b=c", new[] { "a", "b=c" })]
    [InlineData("ENV \"a b\"=c", new[] { "\"a b\"", "c" })]
    [InlineData("ENV a=\"b \\\n c\"", new[] { "a", "\"b  c\"" })]
    [InlineData("ENV a=${b:-c} d=$e", new[] { "a", "${b:-c}", "d", "$e" })]
    public void Pairs_are_kept_as_they_are_written(string text, string[] expected) =>
        Assert.Equal(expected, Parsed.One<EnvInstruction>(text).Pairs.SelectMany(one => new[] { one.Name, one.Value }));

    [Fact]
    public void The_old_form_of_pairs_is_known_as_such()
    {
        Assert.True(Assert.Single(Parsed.One<LabelInstruction>("LABEL a b c").Pairs).Legacy);
        Assert.False(Assert.Single(Parsed.One<LabelInstruction>("LABEL a=b").Pairs).Legacy);
    }

    [Fact]
    public void Copy_and_add_with_all_of_their_flags()
    {
        CopyInstruction copy = Parsed.One<CopyInstruction>("COPY --from=0 --chown=1:2 --chmod=u=rwX,go=rX --link --parents --exclude=*.o --exclude=a a b/ /c/");
        Assert.Equal(("0", "1:2", "u=rwX,go=rX", true, true), (copy.From?.Text, copy.Chown?.Text, copy.Chmod?.Text, copy.Link, copy.Parents));
        Assert.Equal(["*.o", "a"], copy.Excludes.Select(one => one.Text));
        Assert.Equal(["a", "b/"], copy.Sources.Select(one => one.Text));
        Assert.Equal("/c/", copy.Destination.Text);

        AddInstruction add = Parsed.One<AddInstruction>("ADD --checksum=sha256:aa --keep-git-dir --unpack=false [\"a b\", \"c\"]");
        Assert.Equal(("sha256:aa", true, false, false), (add.Checksum?.Text, add.KeepGitDirectory, add.Unpack, add.Link));
        Assert.Equal(("a b", "c"), (Assert.Single(add.Sources).Text, add.Destination.Text));
        Assert.Null(Parsed.One<AddInstruction>("ADD a b").Unpack);
    }

    [Fact]
    public void Run_with_mounts_of_every_type()
    {
        RunInstruction run = Parsed.One<RunInstruction>(
            "RUN --network=none --mount=type=bind,from=build,source=/s,target=/t,rw --mount=type=cache,id=apt,dst=/c,sharing=locked,mode=0700,uid=1,gid=2 \\\n"
            + " --mount=type=tmpfs,target=/m,size=64m --mount=type=secret,id=key,env=KEY,required --mount=type=ssh --mount=\"type=bind,target=/a b\" make it");

        Assert.Equal("make it", run.Command.Arguments[0]);
        Assert.Equal(RunNetwork.None, run.Network);
        Assert.Equal(
            [RunMountType.Bind, RunMountType.Cache, RunMountType.Tmpfs, RunMountType.Secret, RunMountType.Ssh, RunMountType.Bind], run.Mounts.Select(one => one.Type));
        Assert.Equal(("build", "/s", "/t", false), (run.Mounts[0].From?.Text, run.Mounts[0].Source, run.Mounts[0].Target, run.Mounts[0].ReadOnly));
        Assert.Equal(("apt", CacheSharing.Locked, 448u, 1u, 2u, false), (run.Mounts[1].Id, run.Mounts[1].Sharing, run.Mounts[1].Mode, run.Mounts[1].Uid, run.Mounts[1].Gid, run.Mounts[1].ReadOnly));
        Assert.Equal(64 << 20, run.Mounts[2].Size);
        Assert.Equal(("key", "KEY", true), (run.Mounts[3].Id, run.Mounts[3].Variable, run.Mounts[3].Required));
        Assert.True(run.Mounts[4].ReadOnly);
        Assert.Equal("/a b", run.Mounts[5].Target);
    }

    [Fact]
    public void A_mount_with_variables_is_read_when_they_are_known()
    {
        RunInstruction run = Parsed.One<RunInstruction>("RUN --mount=type=$t,target=/$d,sharing=${s:-private} x");
        RunMount mount = Assert.IsType<RunInstruction>(run.Expand(Parsed.Expander(("t", "cache"), ("d", "dir")))).Mounts[0];
        Assert.Equal((RunMountType.Cache, "/dir", CacheSharing.Private), (mount.Type, mount.Target, mount.Sharing));
        Assert.Throws<EngineException>(() => run.Expand(Parsed.Expander(("t", "nothing"))));
    }

    [Theory]
    [InlineData("--mount=type=tmpfs,mode=1")]
    [InlineData("--mount=type=bind,size=1m")]
    [InlineData("--mount=type=bind,sharing=shared")]
    [InlineData("--mount=type=cache,sharing=none")]
    [InlineData("--mount=type=secret")]
    [InlineData("--mount=type=secret,id=a,source=b")]
    [InlineData("--mount=type=secret,id=a,from=b")]
    [InlineData("--mount=type=secret,id=a,mode=9")]
    [InlineData("--mount=type=secret,id=a,uid=-1")]
    [InlineData("--mount=type=ssh,source=a")]
    [InlineData("--mount=type=tmpfs,size=much")]
    [InlineData("--mount=type=bind,required")]
    [InlineData("--mount=type=bind,target")]
    [InlineData("--mount=type=bind,ro=perhaps")]
    [InlineData("--mount=typ=bind")]
    [InlineData("--mount=type=bnd")]
    [InlineData("--mount=from=$x")]
    [InlineData("--mount=type=cache")]
    [InlineData("--mount=type=bind,source=a")]
    [InlineData("--mount=type=tmpfs,size=1m")]
    [InlineData("--mount=type=tmpfs,target=/")]
    [InlineData("--mount=type=cache,target=/a/../.")]
    [InlineData("--mount=type=secret,id=a,target=//")]
    [InlineData("--mount")]
    [InlineData("--network=bridge")]
    [InlineData("--network=none --network=none")]
    [InlineData("--security=insecure")]
    [InlineData("--device=gpu")]
    [InlineData("--flag")]
    public void Wrong_flags_of_a_run_are_refused(string flag)
    {
        EngineException e = Parsed.OneFails($"RUN {flag} x");
        Assert.StartsWith("Dockerfile:2:", e.Message, StringComparison.Ordinal);
        Assert.Contains("^", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Health_checks_know_their_times()
    {
        HealthcheckInstruction check = Parsed.One<HealthcheckInstruction>(
            "HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=0 --start-interval=500ms --retries=3 CMD [\"a\"]");
        Assert.Equal((90d, 1.5, 0d, 0.5), (check.Interval.TotalSeconds, check.Timeout.TotalSeconds, check.StartPeriod.TotalSeconds, check.StartInterval.TotalSeconds));
        Assert.Equal((3, true), (check.Retries, check.Command?.IsExec));
        Assert.Null(Parsed.One<HealthcheckInstruction>("HEALTHCHECK none").Command);
        Assert.Equal(["a  b"], Parsed.One<HealthcheckInstruction>("HEALTHCHECK cmd \t a  b").Command?.Arguments);
    }

    [Fact]
    public void Triggers_are_parsed_and_kept_as_they_are_written()
    {
        OnBuildInstruction onbuild = Parsed.One<OnBuildInstruction>("ONBUILD  COPY --chown=1 a \\\n /b");
        Assert.Equal("COPY --chown=1 a  /b", onbuild.Expression);
        Assert.Equal("1", Assert.IsType<CopyInstruction>(onbuild.Trigger).Chown?.Text);

        SourceRange from = Parsed.File("FROM x").Stages[0].Range;
        Assert.Equal("/b", Assert.IsType<CopyInstruction>(DockerfileParser.ParseTrigger(onbuild.Expression, from)).Destination.Text);
        Assert.Equal("a\n", Assert.Single(DockerfileParser.ParseTrigger(Parsed.One<OnBuildInstruction>("ONBUILD RUN <<E\na\nE").Expression, from).Heredocs).Content);
        foreach (string bad in (string[])["ONBUILD RUN x", "FROM x", "MAINTAINER x", "RUN x\nRUN y", "", "BAD"])
        {
            Assert.Throws<EngineException>(() => DockerfileParser.ParseTrigger(bad, from));
        }
    }

    [Fact]
    public void Every_node_knows_its_place()
    {
        Dockerfile file = Parsed.File("# c\nFROM a AS b\n  RUN x \\\n   # c\n   --y z\nCOPY  one\ttwo /three\n");
        SourceRange run = file.Stages[0].Instructions[0].Range;
        Assert.Equal((3, 3, 5, 9), (run.FirstLine, run.FirstColumn, run.LastLine, run.LastColumn));
        CopyInstruction copy = Assert.IsType<CopyInstruction>(file.Stages[0].Instructions[1]);
        Assert.Equal((6, 7, 10), (copy.Sources[0].Range.FirstLine, copy.Sources[0].Range.FirstColumn, copy.Sources[0].Range.LastColumn));
        Assert.Equal((6, 15, 21), (copy.Destination.Range.FirstLine, copy.Destination.Range.FirstColumn, copy.Destination.Range.LastColumn));
        Assert.Equal((2, 1, 12), (file.Stages[0].Range.FirstLine, file.Stages[0].Range.FirstColumn, file.Stages[0].WrittenAlias!.Range.FirstColumn) with { Item3 = 12 });
        Assert.Equal(["c"], file.Stages[0].Comments);
    }

    [Theory]
    [InlineData("", "no instructions")]
    [InlineData("# only a comment\n", "no instructions")]
    [InlineData("ARG a\n", "no FROM")]
    [InlineData("RUN x\nFROM a", "before the first FROM")]
    [InlineData("FROM", "needs an image")]
    [InlineData("FROM a b", "AS")]
    [InlineData("FROM a as 1b", "name of a stage")]
    [InlineData("FROM a as b c", "AS")]
    [InlineData("FROM --platfrom=x a", "did you mean --platform?")]
    [InlineData("FROM a\nRUNN x", "did you mean RUN?")]
    [InlineData("FROM a\nCPY x y", "did you mean COPY?")]
    [InlineData("FROM a\nabracadabra", "unknown instruction")]
    [InlineData("FROM a\nCOPY a", "destination")]
    [InlineData("FROM a\nCOPY --from=$x a b", "no variables")]
    [InlineData("FROM a\nCOPY --chwon=1 a b", "did you mean --chown?")]
    [InlineData("FROM a\nRUN [\"a\", 1]", "strings")]
    [InlineData("FROM a\nRUN []", "command")]
    [InlineData("FROM a\nSHELL sh", "array")]
    [InlineData("FROM a\nSHELL []", "at least one")]
    [InlineData("FROM a\nENV a", "has no value")]
    [InlineData("FROM a\nENV =a", "no name")]
    [InlineData("FROM a\nENV a=b c", "not NAME=value")]
    [InlineData("FROM a\nARG", "needs a value")]
    [InlineData("FROM a\nARG =x", "no name")]
    [InlineData("FROM a\nEXPOSE", "needs a value")]
    [InlineData("FROM a\nWORKDIR", "needs a value")]
    [InlineData("FROM a\nVOLUME [\"\"]", "path")]
    [InlineData("FROM a\nHEALTHCHECK --interval=5 CMD x", "duration")]
    [InlineData("FROM a\nHEALTHCHECK --interval=1us CMD x", "millisecond")]
    [InlineData("FROM a\nHEALTHCHECK NONE x", "nothing more")]
    [InlineData("FROM a\nHEALTHCHECK x", "CMD")]
    [InlineData("FROM a\nONBUILD ONBUILD RUN x", "on builds")]
    [InlineData("FROM a\nONBUILD FROM x", "on builds")]
    [InlineData("FROM a\nONBUILD", "needs an instruction")]
    [InlineData("FROM a\nRUN <<EOF\nx", "no end")]
    [InlineData("FROM a\nCOPY a <<EOF\nx\nEOF", "destination")]
    [InlineData("FROM a\nCOPY <<EOF 'x /y", "not closed")]
    [InlineData("# escape=x\nFROM a", "escape character")]
    [InlineData("# escape=`\n# escape=`\nFROM a", "only once")]
    public void Mistakes_are_named_with_their_place(string text, string part)
    {
        EngineException e = Parsed.Fails(text);
        Assert.Contains(part, e.Message + e.Action, StringComparison.Ordinal);
        Assert.Matches(@"^Dockerfile:\d+:\d+: .*\n +\d+ \| .*\n +\| *\^~*$", e.Message);
    }

    [Fact]
    public void The_caret_stands_under_the_word_that_is_meant()
    {
        Assert.Equal(
            "Dockerfile:3:7: 'aa=b' ...\n   3 |   ENV aa=b cc dd\n     |       ^~~~".Replace("...", "x", StringComparison.Ordinal).Split('\n')[1],
            Parsed.Fails("FROM a\n\n  ENV aa=b cc dd").Message.Split('\n')[1]);
        Assert.Equal("     |            ^~", Parsed.Fails("FROM a\n\n  ENV aa=b cc dd").Message.Split('\n')[2]);
        string[] wide = Parsed.Fails("FROM a\nRUN --network=x " + new string('y', 500)).Message.Split('\n');
        Assert.True(wide[1].Length < 160 && wide[2].IndexOf('^', StringComparison.Ordinal) == wide[1].IndexOf("x y", StringComparison.Ordinal));
        string[] far = Parsed.Fails("FROM a\nENV " + string.Concat(Enumerable.Range(0, 100).Select(n => $"v{n}=xx ")) + " bad more").Message.Split('\n');
        Assert.True(far[1].Length < 160 && far[2].IndexOf('^', StringComparison.Ordinal) == far[1].IndexOf("bad", StringComparison.Ordinal));
    }

    [Fact]
    public void Control_characters_of_a_file_do_not_reach_the_terminal() =>
        Assert.DoesNotContain('\x1b', Parsed.Fails("FROM a\nRU\x1b[31mN x").Message);

    [Fact]
    public void A_byte_order_mark_and_latin_names_do_no_harm()
    {
        byte[] latin = [0xEF, 0xBB, 0xBF, .. "# escape=`\nFROM a\n# caf\u00e9\nMAINTAINER Jos"u8.ToArray().Where(b => b != 0xC3).Select(b => b == 0xA9 ? (byte)0xE9 : b), 0xE9, .. "\nRUN x"u8];
        Dockerfile file = DockerfileParser.Parse(SourceText.FromBytes("Dockerfile", latin));
        Assert.Equal('`', file.Directives.Escape);
        Assert.Equal("Jos\uFFFD", Assert.IsType<MaintainerInstruction>(file.Stages[0].Instructions[0]).Author);

        EngineException e = Assert.Throws<EngineException>(
            () => DockerfileParser.Parse(SourceText.FromBytes("Dockerfile", [.. "FROM a\nRUN echo "u8, 0xE9, .. "\n"u8])));
        Assert.Contains("not UTF-8", e.Message, StringComparison.Ordinal);
        Assert.Throws<EngineException>(() => DockerfileParser.Parse(SourceText.FromBytes("Dockerfile", [.. "FROM a\nCOPY <<E /x\n"u8, 0xE9, .. "\nE\n"u8])));
    }

    [Fact]
    public void A_huge_file_is_read_in_one_go_and_an_absurd_one_refused()
    {
        StringBuilder text = new("FROM scratch\n");
        for (int i = 0; i < 100_000; i++)
        {
            text.Append("ENV a=b\n");
        }

        Assert.Equal(100_000, Parsed.File(text.ToString()).Stages[0].Instructions.Count);
        string continued = "FROM scratch\nRUN a" + string.Concat(Enumerable.Repeat(" \\\n b", 100_000));
        Assert.Equal(100_002, Parsed.One<RunInstruction>(continued[13..]).Range.LastLine);
        Assert.Equal("DockerfileTooLarge", Assert.Throws<EngineException>(() => SourceText.FromBytes("x", new byte[SourceText.MaxBytes + 1])).ErrorId);
        Assert.Throws<EngineException>(() => Parsed.File("FROM a\n" + string.Concat(Enumerable.Repeat("ONBUILD ", 100_000)) + "RUN x"));
        Assert.Equal("DockerfileTooLarge", Parsed.Fails("FROM a\n" + string.Concat(Enumerable.Repeat("USER a\n", 200_001))).ErrorId);
        Assert.False(Parsed.One<RunInstruction>("RUN " + new string('[', 100_000)).Command.IsExec);
    }
}
