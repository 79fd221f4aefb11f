namespace Containers.Engine.Launch.Seccomp;

/// <summary>How an argument is compared, as unsigned 64 bits; spelled SCMP_CMP_... in profiles.</summary>
public enum SeccompComparison
{
    NotEqual,
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,

    /// <summary>(argument &amp; Value) == ValueTwo.</summary>
    MaskedEqual,
}
