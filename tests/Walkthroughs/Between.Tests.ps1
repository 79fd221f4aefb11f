# "Communication between containers": --icc=false, and the pair of rules that a link adds.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
    if (-not $obstacle) {
        Use-Docker0
    }

    # The rules of a chain as iptables -L -n lists them: target, protocol, source, destination, the rest. Newer programs write 6 for tcp.
    function Get-Listing([string] $Chain) {
        iptables -L $Chain -n | Select-Object -Skip 2 | ForEach-Object { ($_ -replace '^(\S+\s+)6\b', '$1tcp') -replace '\s+', ' ' }
    }
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'Communication between containers' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
        if (-not $obstacle) {
            Set-ContainerHost -InterContainerCommunication $null -IPTables $null
        }
    }

    It 'accepts what goes from container to container, and shows the address of the one that asks' {
        $web = Start-WebServer web
        $other = Start-Idle other
        iptables -S DOCKER-FORWARD | Where-Object { $_ -match 'DOCKER-FORWARD -i docker0 -o docker0' } | Should -Match '-j ACCEPT$'
        Read-PageInside other "http://$($web.IPAddress)/cgi-bin/who" | Should -Match ":$($other.IPAddress)\]$"
    }

    It 'drops it with --icc=false' {
        Set-ContainerHost -InterContainerCommunication $false
        $web = Start-WebServer web @{ Expose = 80 }
        $null = Start-Idle other
        iptables -S DOCKER-FORWARD | Where-Object { $_ -match 'DOCKER-FORWARD -i docker0 -o docker0' } | Should -Match '-j DROP$'
        Get-Listing DOCKER-FORWARD | Where-Object { $_ -match '^DROP \S+ -- 0\.0\.0\.0/0 0\.0\.0\.0/0' } | Should -Not -BeNullOrEmpty
        Test-Ping other $web.IPAddress | Should -BeFalse
        Read-PageInside other "http://$($web.IPAddress)/" | Should -BeNullOrEmpty
        # The host is not kept out.
        Read-Page "http://$($web.IPAddress)/" | Should -Be 'page of web'
    }

    It 'lets a linked container through to the exposed port, and to nothing else' {
        Set-ContainerHost -InterContainerCommunication $false
        $web = Start-WebServer web @{ Expose = 80 }
        $other = Start-Idle other @{ Link = 'web:db' }
        $me, $it = "$($other.IPAddress)", "$($web.IPAddress)"

        # In docker the pair stood in FORWARD itself, the answers first; here it stands in DOCKER, where FORWARD leads before its DROP.
        $listing = @(Get-Listing DOCKER)
        $listing.Count | Should -Be 2
        $listing | Where-Object { $_ -match "^ACCEPT tcp -- $me $it tcp dpt:80" } | Should -HaveCount 1
        $listing | Where-Object { $_ -match "^ACCEPT tcp -- $it $me tcp spt:80 .*ctstate RELATED,ESTABLISHED" } | Should -HaveCount 1
        $forward = @(iptables -S DOCKER-FORWARD)
        $jump = $forward.IndexOf(($forward -match '-j DOCKER$')[0])
        $drop = $forward.IndexOf(($forward -match 'DOCKER-FORWARD -i docker0 -o docker0 .*-j DROP$')[0])
        $jump | Should -BeLessThan $drop

        Read-PageInside other 'http://db/cgi-bin/who' | Should -Match ":$me\]$"
        Test-Ping other $it | Should -BeFalse
        $third = Start-Idle third
        Read-PageInside third "http://$it/" | Should -BeNullOrEmpty
        Read-PageInside other "http://$($third.IPAddress)/" | Should -BeNullOrEmpty

        Stop-Container other -Timeout 0
        Get-Listing DOCKER | Should -BeNullOrEmpty
    }

    It 'does not let the linked container be asked back from the port' {
        Set-ContainerHost -InterContainerCommunication $false
        $null = Start-WebServer web @{ Expose = 80 }
        $other = Start-WebServer other @{ Link = 'web:db' }
        # docker 1.2 accepted everything that came from port 80 of the target.
        Get-Container web | Stop-Container -Timeout 0
        $null = Start-Container web
        $line = "nc -p 80 -w 1 $($other.IPAddress) 80 < /dev/null && echo connected"
        $web = Invoke-ContainerImage base -Name asking -Detach -Command sleep, 1000
        Add-ContainerLink other -Target asking -Alias asked
        "$(Invoke-Inside asking $line)" | Should -Not -Match 'connected'
        $web.IsRunning | Should -BeTrue
    }

    It 'tells the linked container about the other in variables and names' {
        $web = Start-WebServer web @{ Expose = '80', '53/udp'; Environment = @{ COLOUR = 'blue'; ODD = 'a=b' } }
        $other = Start-Idle other @{ Link = 'web:my-db' }
        $ip = "$($web.IPAddress)"
        $variables = (Get-Content "/proc/$($other.ProcessId)/environ" -Raw) -split "`0" -match '^MY_DB_' | Sort-Object -CaseSensitive
        $variables | Should -Be (@(
            'MY_DB_ENV_COLOUR=blue'
            'MY_DB_NAME=/other/my-db'
            "MY_DB_PORT=udp://${ip}:53"
            "MY_DB_PORT_53_UDP=udp://${ip}:53"
            "MY_DB_PORT_53_UDP_ADDR=$ip"
            'MY_DB_PORT_53_UDP_PORT=53'
            'MY_DB_PORT_53_UDP_PROTO=udp'
            "MY_DB_PORT_80_TCP=tcp://${ip}:80"
            "MY_DB_PORT_80_TCP_ADDR=$ip"
            'MY_DB_PORT_80_TCP_PORT=80'
            'MY_DB_PORT_80_TCP_PROTO=tcp'
        ) | Sort-Object -CaseSensitive)
        Invoke-Inside other 'cat /etc/hosts' | Should -Contain "$ip`tmy-db"
        (Get-Container | Where-Object Name -EQ web).Names | Should -Be 'web', 'other/my-db'
    }

    It 'refuses a link to a container that does not run' {
        $null = New-Container base -Name web -Command sleep, 1000
        { Start-Idle other @{ Link = 'web:db' } } | Should -Throw -ErrorId 'ContainerNotRunning*'
    }

    It 'refuses --iptables=false together with --icc=false' {
        { Set-ContainerHost -IPTables $false -InterContainerCommunication $false } | Should -Throw -ErrorId 'ConflictingSettings*'
    }

    It 'makes no rule with --iptables=false' {
        Set-ContainerHost -IPTables $false
        $web = Start-WebServer web
        iptables-save | Where-Object { $_ -match '^-A|DOCKER' } | Should -BeNullOrEmpty
        Read-Page "http://$($web.IPAddress)/" | Should -Be 'page of web'
    }
}
