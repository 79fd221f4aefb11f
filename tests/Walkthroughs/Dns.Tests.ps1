# "Configuring DNS": the three files that lie over the image's.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
    if (-not $obstacle) {
        Use-Docker0
    }

    function Read-Inside([string] $Script, [hashtable] $Parameter = @{}) {
        Invoke-ContainerImage base -RemoveOnExit @Parameter -Command sh, -c, $Script
    }

    # A line as a session would run it on a host with another resolv.conf.
    function Invoke-OnHostWith([string[]] $ResolvConf, [string] $Line) {
        $file = Join-Path $walk.Folder 'resolv.conf'
        $ResolvConf | Set-Content -LiteralPath $file
        $session = "Import-Module '$(Join-Path $moduleFolder 'Containers.psd1')'; $Line"
        unshare --mount -- sh -c 'mount --bind "$1" /etc/resolv.conf && exec pwsh -NoProfile -NonInteractive -Command "$2"' sh $file $session 2>&1 |
            ForEach-Object ToString
    }
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'Configuring DNS' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
    }

    It 'mounts hosts, hostname and resolv.conf over those of the image' {
        $mounts = Read-Inside mount | Where-Object { $_ -match ' on /etc/' }
        $mounts.Count | Should -Be 3
        foreach ($name in 'hostname', 'hosts', 'resolv.conf') {
            # Read-write, as from 1.2.0 on.
            "$mounts" | Should -Match " on /etc/$([regex]::Escape($name)) type \S+ \(rw,"
        }
    }

    It 'writes the host name of -h into both files, and nobody else sees it' {
        $web = Start-Idle web @{ HostName = 'my.example.com' }
        Invoke-Inside web 'cat /etc/hostname' | Should -Be 'my.example.com'
        (Invoke-Inside web 'cat /etc/hosts')[0] | Should -Be "$($web.IPAddress)`tmy.example.com my"
        (Get-Content "/proc/$((Get-Container web).ProcessId)/environ" -Raw) -split "`0" | Should -Contain 'HOSTNAME=my'
        (Get-Container web).Name | Should -Be 'web'
        "$(Read-Inside 'cat /etc/hosts')" | Should -Not -Match 'my'
    }

    It 'takes the beginning of the id as host name otherwise, and has the lines of the time in hosts' {
        $web = Start-Idle web
        Invoke-Inside web 'cat /etc/hostname; hostname' | Should -Be $web.ShortId, $web.ShortId
        Invoke-Inside web 'cat /etc/hosts' | Should -Be @(
            "$($web.IPAddress)`t$($web.ShortId)"
            "127.0.0.1`tlocalhost"
            "::1`tlocalhost ip6-localhost ip6-loopback"
            "fe00::0`tip6-localnet"
            "ff00::0`tip6-mcastprefix"
            "ff02::1`tip6-allnodes"
            "ff02::2`tip6-allrouters"
        )
    }

    It 'gives a linked container a name in hosts that leads to it' {
        $web = Start-WebServer web @{ Expose = 80 }
        $null = Start-Idle other @{ Link = 'web:db' }
        Invoke-Inside other 'cat /etc/hosts' | Should -Contain "$($web.IPAddress)`tdb"
        Read-PageInside other 'http://db/' | Should -Be 'page of web'
    }

    It 'writes the servers of --dns and the domains of --dns-search' {
        $lines = Read-Inside 'cat /etc/resolv.conf' @{ Dns = '10.0.0.53', '10.0.1.53'; DnsSearch = 'example.com', 'test.example.com' }
        $lines | Should -Be 'nameserver 10.0.0.53', 'nameserver 10.0.1.53', 'search example.com test.example.com'
    }

    It 'takes what the host says for all, and prefers what the container says' {
        Set-ContainerHost -Dns 10.1.0.53 -DnsSearch example.org
        try {
            Read-Inside 'cat /etc/resolv.conf' | Should -Be 'nameserver 10.1.0.53', 'search example.org'
            Read-Inside 'cat /etc/resolv.conf' @{ Dns = '10.2.0.53'; DnsSearch = '.' } | Should -Be 'nameserver 10.2.0.53'
        }
        finally {
            Set-ContainerHost -Dns $null -DnsSearch $null
        }
    }

    It 'looks like the resolv.conf of the host where nothing is said' {
        $file = '# by hand', 'nameserver 198.51.100.53', 'search lan.example'
        Invoke-OnHostWith $file 'Invoke-ContainerImage base -RemoveOnExit -Command cat, /etc/resolv.conf' | Should -Be $file
    }

    It 'takes public servers where the only one of the host is on its loopback' {
        $lines = Invoke-OnHostWith 'nameserver 127.0.1.1', 'search lan.example' 'Invoke-ContainerImage base -RemoveOnExit -Command cat, /etc/resolv.conf'
        if (Test-Path '/run/systemd/resolve/resolv.conf') {
            $lines | Should -Not -Contain 'nameserver 127.0.1.1'
        }
        else {
            $lines | Should -Be 'nameserver 8.8.8.8', 'nameserver 8.8.4.4', 'search lan.example'
        }
    }
}

Describe 'Editing networking config files' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
    }

    It 'keeps edits in a running container, loses them at a restart, and has them in no layer' {
        # The first run edits, each run leaves a trace in its layer.
        $script = 'if [ ! -e /ran ]; then
    echo 10.9.9.9 edited >> /etc/hosts; echo edited > /etc/hostname; echo nameserver 10.9.9.53 > /etc/resolv.conf
fi
echo run >> /ran; sleep 1000'
        $before = Read-Inside 'cat /etc/resolv.conf'
        $web = Invoke-ContainerImage base -Name web -Detach -Init -Command sh, -c, $script
        Wait-Until { "$(Invoke-Inside web 'cat /ran')" -eq 'run' } | Should -BeTrue

        Invoke-Inside web 'cat /etc/hosts' | Should -Contain '10.9.9.9 edited'
        Invoke-Inside web 'cat /etc/hostname /etc/resolv.conf' | Should -Be 'edited', 'nameserver 10.9.9.53'
        Get-ContainerHostEntry web -HostName edited | Select-Object -ExpandProperty IPAddress | Should -Be '10.9.9.9'

        # What another container changes in this file leaves the edit alone.
        Add-ContainerHostEntry web -HostName printer -IPAddress 10.9.9.7
        (Invoke-Inside web 'cat /etc/hosts') -match 'edited|printer' | Should -Be '10.9.9.9 edited', "10.9.9.7`tprinter"

        $upper = Join-Path $env:CONTAINERS_DATA_ROOT 'containers' $web.Id 'layer' 'upper'
        Get-Content "$upper/ran" | Should -Be 'run'
        foreach ($name in 'hosts', 'hostname', 'resolv.conf') {
            Get-Content "$upper/etc/$name" | Should -BeNullOrEmpty
        }

        Restart-Container web -Timeout 0
        Wait-Until { @(Invoke-Inside web 'cat /ran').Count -eq 2 } | Should -BeTrue
        Invoke-Inside web 'cat /etc/hosts' | Should -Not -Match 'edited'
        Invoke-Inside web 'cat /etc/hostname' | Should -Be $web.ShortId
        Invoke-Inside web 'cat /etc/resolv.conf' | Should -Be $before
        Invoke-Inside web 'cat /etc/hosts' | Should -Contain "10.9.9.7`tprinter"
    }
}
