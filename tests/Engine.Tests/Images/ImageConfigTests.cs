using System.Text;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

public class ImageConfigTests
{
    private const string Layer = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void A_configuration_survives_writing_and_reading()
    {
        ImageConfig config = new()
        {
            Architecture = "arm64",
            Os = "linux",
            Variant = "v8",
            Created = new DateTimeOffset(2024, 2, 3, 4, 5, 6, TimeSpan.Zero),
            Config = new ImageDefaults
            {
                User = "app", Env = ["A=é"], Cmd = ["sh"], Entrypoint = ["/e"], WorkingDir = "/w", StopSignal = "SIGINT",
                Labels = new Dictionary<string, string> { ["a.b"] = "c" }, ExposedPorts = ["80/tcp"], Volumes = ["/data"],
                Healthcheck = """{"Test":["NONE"]}""",
            },
            RootFs = new ImageRootFs { DiffIds = [Digest.Parse(Layer)] },
            History = [new ImageHistory { CreatedBy = "x", EmptyLayer = true }],
        };

        byte[] json = ImageConfigJson.Write(config);
        ImageConfig again = ImageConfigJson.Parse(json, "x");

        Assert.Equal(json, ImageConfigJson.Write(again));
        Assert.Equal("A=é", again.Config.Env[0]);
        Assert.Equal(config.Created, again.Created);
    }

    [Fact]
    public void Nulls_and_unknown_fields_of_docker_are_fine()
    {
        ImageConfig config = Parse("""
            {"architecture":"amd64","os":"linux","docker_version":"20","config":{"Cmd":null,"Labels":null,"Image":"","User":"",
            "ArgsEscaped":true,"OnBuild":null},"created":"2024-05-01T10:00:00.123456789Z","rootfs":{"type":"layers","diff_ids":["LAYER"]}}
            """);

        Assert.Empty(config.Config.Cmd);
        Assert.Null(config.Config.User);
        Assert.Equal(2024, config.Created?.Year);
    }

    [Theory]
    [InlineData("""{"os":"linux","os":"windows","rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""{"config":{"User":"a","User":"root"},"rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""{"rootfs":{"diff_ids":["sha256:../../x"]}}""")]
    [InlineData("""{"rootfs":{"diff_ids":[]}}""")]
    [InlineData("""{"config":{"Cmd":"sh"},"rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""{"config":{"Env":[1]},"rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""{"config":{"Env":["A=\u0000"]},"rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""{"config":{"User":"\ud800"},"rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""{"created":"soon","rootfs":{"diff_ids":["LAYER"]}}""")]
    [InlineData("""[]""")]
    [InlineData("""{"rootfs":{"diff_ids":["LAYER"]}} {}""")]
    [InlineData("")]
    public void An_ambiguous_or_malformed_configuration_is_refused(string json)
    {
        Assert.Equal("InvalidImageConfig", Assert.Throws<EngineException>(() => Parse(json)).ErrorId);
    }

    [Fact]
    public void Deep_and_long_documents_are_refused()
    {
        Assert.Throws<EngineException>(() => Parse("""{"config":""" + new string('[', 100_000)));
        Assert.Throws<EngineException>(() => ImageConfigJson.Parse(new byte[(4 << 20) + 1], "x"));
    }

    private static ImageConfig Parse(string json) =>
        ImageConfigJson.Parse(Encoding.UTF8.GetBytes(json.Replace("LAYER", Layer, StringComparison.Ordinal)), "x");
}
