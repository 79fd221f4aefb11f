using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

public sealed class ConfigChangeTests
{
    private static readonly ImageConfig s_image = new()
    {
        Config = new ImageDefaults { Cmd = ["old"], Env = ["PATH=/bin", "A=1"], WorkingDir = "/w", ExposedPorts = ["22/tcp"] },
    };

    [Fact]
    public void Commands_are_taken_as_json_or_for_the_shell()
    {
        Assert.Equal(["a", "b c"], Apply("CMD [\"a\", \"b c\"]").Cmd);
        Assert.Equal(["/bin/sh", "-c", "echo $A | cat"], Apply("cmd echo $A | cat").Cmd);
        Assert.Equal(["/bin/sh", "-c", "[ -e x ]"], Apply("CMD [ -e x ]").Cmd);
        Assert.Equal(["/bin/bash", "-ec", "x"], Apply("SHELL [\"/bin/bash\",\"-ec\"]", "CMD x").Cmd);
    }

    [Fact]
    public void An_entrypoint_drops_the_command_it_found_but_not_one_of_the_same_list()
    {
        Assert.Empty(Apply("ENTRYPOINT [\"/e\"]").Cmd);
        Assert.Equal(["x"], Apply("CMD [\"x\"]", "ENTRYPOINT [\"/e\"]").Cmd);
        Assert.Equal(["x"], Apply("ENTRYPOINT [\"/e\"]", "CMD [\"x\"]").Cmd);
    }

    [Fact]
    public void Variables_and_labels_know_quotes_escapes_and_the_images_variables()
    {
        Assert.Equal(
            ["PATH=/bin:/x", "A=1", "B=two words", "C=$A", "D=a b"], Apply("ENV PATH=$PATH:/x B=\"two words\" C='$A' D=a\\ b").Env);
        Assert.Equal(["PATH=/bin", "A=all the rest"], Apply("ENV A all the rest").Env);
        Assert.Equal("1-x", Apply("LABEL \"my label\"=${A}-x").Labels["my label"]);
    }

    [Fact]
    public void The_other_instructions_change_their_fields()
    {
        ImageDefaults config = Apply(
            "EXPOSE 80 53/udp", "VOLUME /b /a", "VOLUME [\"/c d\"]", "USER 7:8", "WORKDIR sub/../x", "STOPSIGNAL SIGINT", "ONBUILD RUN make",
            "HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f http://localhost/");

        Assert.Equal(["22/tcp", "53/udp", "80/tcp"], config.ExposedPorts);
        Assert.Equal(["/a", "/b", "/c d"], config.Volumes);
        Assert.Equal(("7:8", "/w/x", "SIGINT"), (config.User, config.WorkingDir, config.StopSignal));
        Assert.Equal(["RUN make"], config.OnBuild);
        Assert.Equal("{\"Test\":[\"CMD-SHELL\",\"curl -f http://localhost/\"],\"Interval\":90000000000,\"Retries\":3}", config.Healthcheck);
        Assert.Equal(["22/tcp", "80/udp", "81/udp", "82/udp"], Apply("EXPOSE 80-82/UDP").ExposedPorts); // A range is no key that docker reads.
        Assert.Equal("{\"Test\":[\"NONE\"]}", Apply("HEALTHCHECK NONE").Healthcheck);
        Assert.Equal("{\"Test\":[\"CMD-SHELL\",\"a \\u0026\\u0026 b\"]}", Apply("SHELL [\"/bin/bash\",\"-ec\"]", "HEALTHCHECK CMD a && b").Healthcheck);
    }

    [Theory]
    [InlineData("RUN make")]
    [InlineData("CMD")]
    [InlineData("")]
    [InlineData("ENV A")]
    [InlineData("ENV A=\"open")]
    [InlineData("ENV A=${B:-x}")]
    [InlineData("EXPOSE 0")]
    [InlineData("EXPOSE 82-80")]
    [InlineData("VOLUME relative")]
    [InlineData("STOPSIGNAL NOPE")]
    [InlineData("SHELL bash")]
    [InlineData("USER a b")]
    [InlineData("ONBUILD FROM x")]
    [InlineData("HEALTHCHECK --interval=5 CMD x")]
    [InlineData("HEALTHCHECK x")]
    public void What_cannot_be_applied_is_refused(string instruction) =>
        Assert.Equal("InvalidImageChange", Assert.Throws<EngineException>(() => Apply(instruction)).ErrorId);

    private static ImageDefaults Apply(params string[] instructions) =>
        ImageConfigJson.Parse(
            ImageConfigJson.Write(ConfigChange.ApplyAll(s_image, instructions) with
            {
                RootFs = new ImageRootFs { DiffIds = [Digest.Of("x"u8)] },
            }), "test").Config;
}
