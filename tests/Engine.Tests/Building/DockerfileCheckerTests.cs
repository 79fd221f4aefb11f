using System.Text;
using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Context;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class DockerfileCheckerTests
{
    private static readonly BaseImageFacts s_facts = new(["PATH=/bin", "HOME=/root"], false, ImagePlatform.Current, []);

    [Theory]
    [InlineData("FROM known AS Base", "StageNameCasing", 15)]
    [InlineData("FROM known as base", "FromAsCasing", 12)]
    [InlineData("from known AS base", "FromAsCasing", 12)]
    [InlineData("FROM known AS scratch", "ReservedStageName", 15)]
    [InlineData("FROM known AS a\nFROM known AS a", "DuplicateStageName", 15)]
    [InlineData("FROM known\nRUN a \\\n\n b", "NoEmptyContinuation", 1)]
    [InlineData("FROM known\nRUN a\nrun b", "ConsistentInstructionCasing", 1)]
    [InlineData("FROM known\nRun a", "ConsistentInstructionCasing", 1)]
    [InlineData("FROM known\nCMD a b", "JSONArgsRecommended", 5)]
    [InlineData("FROM known\nENTRYPOINT a b", "JSONArgsRecommended", 12)]
    [InlineData("FROM known\nMAINTAINER me", "MaintainerDeprecated", 1)]
    [InlineData("FROM known:${none:-x}", "UndefinedArgInFrom", 6)]
    [InlineData("ARG version=1\nFROM known:$vresion", "UndefinedArgInFrom", 6)]
    [InlineData("FROM known\nWORKDIR app", "WorkdirRelativePath", 9)]
    [InlineData("FROM known\nRUN a\nENV b=$none", "UndefinedVar", 1)]
    [InlineData("FROM known\nLABEL a=$HOEM", "UndefinedVar", 1)]
    [InlineData("FROM known\nCMD [\"a\"]\nCMD [\"b\"]", "MultipleInstructionsDisallowed", 1)]
    [InlineData("FROM known\nHEALTHCHECK NONE\nHEALTHCHECK CMD a", "MultipleInstructionsDisallowed", 1)]
    [InlineData("FROM known\nENV a b", "LegacyKeyValueFormat", 5)]
    [InlineData("FROM known\nLABEL a b", "LegacyKeyValueFormat", 7)]
    [InlineData("FROM --platform=$TARGETPLATFORM known", "RedundantTargetPlatform", 17)]
    [InlineData("FROM known\nARG api_key", "SecretsUsedInArgOrEnv", 5)]
    [InlineData("FROM known\nENV DATABASE_PASSWORD=x", "SecretsUsedInArgOrEnv", 5)]
    [InlineData("ARG tag\nFROM known${tag:?tag}x", "DockerfileVariableRequired", 11)]
    [InlineData("ARG tag\nFROM known:$tag", "InvalidDefaultArgInFrom", 6)]
    [InlineData("FROM --platform=linux/amd64 known", "FromPlatformFlagConstDisallowed", 17)]
    [InlineData("FROM known\nCOPY out/x /", "CopyIgnoredFile", 6)]
    [InlineData("FROM known\nADD ./out/ /", "CopyIgnoredFile", 5)]
    [InlineData("FROM known\nEXPOSE 80/TCP", "ExposeProtoCasing", 8)]
    [InlineData("FROM known\nEXPOSE 127.0.0.1:80:80", "ExposeInvalidFormat", 8)]
    [InlineData("FROM foreign", "InvalidBaseImagePlatform", 6)]
    [InlineData("FROM known\nRUN ['a', 'b']", "InvalidJsonArray", 5)]
    public void Each_check_finds_what_it_is_for(string text, string rule, int column)
    {
        ContainerFileFinding finding = Assert.Single(Check(text), one => one.Rule == rule);
        Assert.Equal(column, finding.Column);
        Assert.Contains("^", finding.Text, StringComparison.Ordinal);
        Assert.Equal(rule == "DockerfileVariableRequired" ? FindingSeverity.Error : FindingSeverity.Warning, finding.Severity);
    }

    [Theory]
    [InlineData("FROM known AS base")]
    [InlineData("from known as base\nrun x")]
    [InlineData("ARG v=1\nFROM known:$v")]
    [InlineData("FROM known\nENV a=$HOME b=${none:-} c=$PATH")]
    [InlineData("FROM known\nARG x\nENV a=$x")]
    [InlineData("FROM known AS a\nARG x=1\nFROM a\nENV b=$x")]
    [InlineData("FROM known\nSHELL [\"/bin/bash\", \"-c\"]\nCMD a b")]
    [InlineData("FROM known\nWORKDIR /app\nWORKDIR sub")]
    [InlineData("FROM known AS a\nCMD [\"a\"]\nFROM known\nCMD [\"b\"]")]
    [InlineData("FROM known\nENV PUBLIC_KEY=x KEY_FILE=y MONKEY=z")]
    [InlineData("FROM --platform=$BUILDPLATFORM known")]
    [InlineData("FROM --platform=linux/arm64 known AS build-arm64")]
    [InlineData("FROM known\nCOPY --from=0x /out /\nCOPY in /")]
    [InlineData("FROM known\nRUN [ -e x ] && y")]
    [InlineData("FROM unknown\nENV a=$JAVA_HOME/bin")]
    [InlineData("FROM unknown\nUSER $APP_UID\nEXPOSE ${APP_PORT}/tcp\nSTOPSIGNAL $APP_SIGNAL\nWORKDIR /$APP_HOME")]
    [InlineData("FROM unknown\nRUN --mount=type=cache,target=$CARGO_HOME x\nCOPY --chmod=$APP_MODE in $APP_HOME")]
    [InlineData("ARG SOURCE_DATE_EPOCH=context\nFROM known")]
    [InlineData("FROM scratch\nCOPY a b")]
    [InlineData("# text\nFROM known AS a")]
    public void What_is_right_gives_nothing(string text) => Assert.DoesNotContain(
        Check(text), one => one.Rule != "UndefinedVar" || !text.Contains("none", StringComparison.Ordinal));

    [Fact]
    public void A_variable_of_an_unknown_image_is_only_reported_where_it_looks_misspelt()
    {
        ContainerFileFinding finding = Assert.Single(Check("FROM unknown\nENV version=1\nLABEL a=$JAVA_HOME b=$vesrion"));
        Assert.Contains("did you mean $version?", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("# check=skip=MaintainerDeprecated,JSONArgsRecommended\nFROM known\nMAINTAINER x\nCMD a")]
    [InlineData("# check=skip=all\nFROM known\nMAINTAINER x\nCMD a")]
    [InlineData("FROM known\n# check=skip=MaintainerDeprecated\nMAINTAINER x\n# check=skip=JSONArgsRecommended\nCMD a")]
    public void Checks_can_be_left_out(string text) => Assert.Empty(Check(text));

    [Fact]
    public void Checks_can_be_made_errors_and_tried_out()
    {
        Assert.Equal(FindingSeverity.Error, Assert.Single(Check("# check=error=true\nFROM known\nMAINTAINER x")).Severity);
        Assert.Empty(Check("# what it is\nFROM known AS a"));
        Assert.Equal("InvalidDefinitionDescription", Assert.Single(Check("# check=experimental=all\n\n# what it is\nFROM known AS a")).Rule);
        Assert.Empty(Check("# check=experimental=all\n\n# a is the first\nFROM known AS a"));
    }

    [Theory]
    [InlineData("RUNN x", "UnknownInstruction")]
    [InlineData("FROM known\nRUN --x y", "UnknownInstructionFlag")]
    [InlineData("FROM known AS a\nCOPY --from=a x /", "DockerfileStageOrder")]
    [InlineData("FROM known AS a\nCOPY --from=0 x /", "DockerfileStageOrder")]
    [InlineData("FROM known AS a\nCOPY --from=b x /\nFROM known AS b\nCOPY --from=a x /", "DockerfileStageOrder")]
    [InlineData("FROM known\nCOPY --from=7 x /", "DockerfileStageOrder")]
    [InlineData("FROM known AS a\nRUN --mount=from=b,target=/b x\nFROM known AS b", "DockerfileStageOrder")]
    [InlineData("FROM known\nCOPY https://host/x /", "InvalidDockerfile")]
    [InlineData("FROM known\nADD --checksum=sha256:aa local /", "InvalidDockerfile")]
    [InlineData("FROM known\nEXPOSE web", "InvalidDockerfile")]
    [InlineData("FROM known\nEXPOSE 9-8", "InvalidDockerfile")]
    [InlineData("FROM known\nEXPOSE 99999", "InvalidDockerfile")]
    [InlineData("FROM known\nEXPOSE 80/foo", "InvalidDockerfile")]
    [InlineData("FROM known\nSTOPSIGNAL SIGNOTHING", "InvalidDockerfile")]
    [InlineData("FROM known\nADD --checksum=sha256:123 http://host/x /", "InvalidChecksum")]
    [InlineData("FROM known\nCOPY --chmod=foo x /", "InvalidDockerfile")]
    [InlineData("FROM known\nARG mode=999\nCOPY --chmod=$mode x /", "InvalidDockerfile")]
    [InlineData("FROM unknown\nCOPY --chmod=999 $x /", "InvalidDockerfile")]
    [InlineData("FROM known\nUSER \"\"", "InvalidDockerfile")]
    [InlineData("FROM known\nWORKDIR \"\"", "InvalidDockerfile")]
    [InlineData("FROM known\nCOPY x \"\"", "InvalidDockerfile")]
    [InlineData("FROM known\nRUN --mount=type=cache x", "InvalidDockerfile")]
    [InlineData("FROM known\nRUN --mount=type=cache,target=$none x", "InvalidDockerfile")]
    [InlineData("ARG SOURCE_DATE_EPOCH=yesterday\nFROM known", "InvalidTime")]
    [InlineData("FROM known\nUSER ${x", "InvalidDockerfile")]
    [InlineData("FROM $none", "InvalidDockerfile")]
    [InlineData("# syntax=evil/frontend\nFROM known", "DockerfileFrontendRefused")]
    [InlineData("", "InvalidDockerfile")]
    public void What_cannot_be_built_is_an_error(string text, string id)
    {
        ContainerFileFinding error = Assert.Single(Check(text), one => one.Severity == FindingSeverity.Error);
        Assert.Equal((id, "Dockerfile"), (error.Rule, error.File));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Build_arguments_are_taken_into_account()
    {
        const string Text = "ARG base\nFROM ${base:?base}\n";
        Assert.Equal("DockerfileVariableRequired", Assert.Single(Check(Text)).Rule);
        Assert.Empty(Check(Text, new() { ["base"] = "known" }));
    }

    [Fact]
    public void Findings_come_in_the_order_of_the_file_and_read_like_a_compilers()
    {
        IReadOnlyList<ContainerFileFinding> findings = Check("FROM known AS Base\nENV a b\nMAINTAINER x\nCMD y");
        Assert.Equal([1, 2, 3, 4], findings.Select(one => one.Line));
        Assert.Equal("Dockerfile:2:5: Write ENV a=value instead of ENV a value (LegacyKeyValueFormat)", findings[1].ToString());
        Assert.Equal("https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/", findings[1].Link);
    }

    private static IReadOnlyList<ContainerFileFinding> Check(string text, Dictionary<string, string>? given = null) => DockerfileChecker.Check(
        "Dockerfile", Encoding.UTF8.GetBytes(text), given ?? [], Facts, IgnoreFile.Parse(".dockerignore", "out\n"));

    private static BaseImageFacts? Facts(string name) => name.StartsWith("known", StringComparison.Ordinal) ? s_facts
        : name == "foreign" ? s_facts with { Platform = new ImagePlatform { Os = "linux", Architecture = "s390x" } }
        : null;
}
