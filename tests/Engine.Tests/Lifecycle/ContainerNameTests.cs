using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class ContainerNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Web_1.0-rc")]
    [InlineData("0abc")]
    public void Letters_digits_and_three_signs_make_a_name(string name) => ContainerName.Validate(name);

    [Fact]
    public void Names_have_at_most_128_characters()
    {
        ContainerName.Validate(new string('x', 128));
        Assert.Throws<EngineException>(() => ContainerName.Validate(new string('x', 129)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData(".a")]
    [InlineData("_a")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a*")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("käse")]
    [InlineData("ａ")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Anything_else_is_refused_with_what_to_do(string name)
    {
        EngineException e = Assert.Throws<EngineException>(() => ContainerName.Validate(name));
        Assert.Equal(("InvalidName", EngineErrorKind.InvalidArgument), (e.ErrorId, e.Kind));
        Assert.Equal(name, e.ErrorTarget);
        Assert.NotNull(e.Action);
    }

    [Fact]
    public void Random_names_are_valid_and_seldom_the_same()
    {
        string[] names = [.. Enumerable.Range(0, 200).Select(_ => ContainerName.Random())];
        Assert.All(names, ContainerName.Validate);
        Assert.True(names.Distinct().Count() > 150);
    }
}
